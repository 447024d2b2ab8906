-- A decision can be made once, while the Plan is Pending, and by Argo CD's account only where the Database lists ArgoCD
-- in spec.approval.via. The API server enforces the same; this only greys out what it would refuse.
local open = obj.status ~= nil and obj.status.phase == "Pending" and obj.spec.decision == nil
local allowed = false
for _, way in ipairs(obj.spec.proposal.approvalVia or {}) do
  if way == "ArgoCD" then
    allowed = true
  end
end
local disabled = not (open and allowed)

local function decision(icon)
  return {
    ["disabled"] = disabled,
    ["iconClass"] = icon,
    ["params"] = { { ["name"] = "comment", ["default"] = "" } },
  }
end

return {
  ["approve"] = decision("fa fa-fw fa-check-circle"),
  ["reject"] = decision("fa fa-fw fa-times-circle"),
}
