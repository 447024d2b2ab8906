-- The decision repeats the digest of the proposal that is shown. `by` is left to the API server, which writes the
-- requesting account's name (policy decisions.tablewright.dev, Kubernetes 1.36).
local decision = { verdict = "Approved", digest = obj.spec.proposal.digest }
if actionParams ~= nil and actionParams.comment ~= nil and actionParams.comment ~= "" then
  decision.comment = actionParams.comment
end
obj.spec.decision = decision
return obj
