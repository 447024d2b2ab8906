-- Reasons with which `Ready` waits by intention: for a person, a window, or the end of a freeze.
local waiting = { AwaitingApproval = true, OutsideWindow = true, Suspended = true, Differs = true }
-- Reasons with which `Replicated` needs a person: the primary is well, and a required replica is not.
local broken = { ReplicaStopped = true, ReplicaDiverged = true, ReplicaFiltered = true, ReplicaErrant = true }

local function condition(kind)
  for _, found in ipairs(obj.status.conditions or {}) do
    if found.type == kind then
      return found
    end
  end
end

local function verdict(status, found)
  local message = found.reason
  if found.message ~= nil and found.message ~= "" then
    message = message .. ": " .. found.message
  end
  return { status = status, message = message }
end

-- What is said of an older generation is not said of what was just synced.
local generation = obj.metadata.generation
if obj.status == nil or obj.status.observedGeneration ~= generation then
  return { status = "Progressing", message = "Waiting for the controller to look at this generation" }
end
local ready = condition("Ready")
if ready == nil or ready.observedGeneration ~= generation then
  return { status = "Progressing", message = "Waiting for the controller to look at this generation" }
end

if ready.status == "True" then
  local replicated = condition("Replicated")
  if replicated ~= nil and replicated.status == "False" and broken[replicated.reason] then
    return verdict("Degraded", replicated)
  end
  return verdict("Healthy", ready)
end
if waiting[ready.reason] then
  return verdict("Suspended", ready)
end
local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return verdict("Degraded", ready)
end
return verdict("Progressing", ready)
