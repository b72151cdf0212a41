-- Whether a workflow holds anything that was not approved, however large it is. What was approved costs nothing here.
CREATE INDEX "entry_workflow_flag_idx" ON "entry" ("log", "wid", "pol_decision")
 WHERE "wid" IS NOT NULL AND "pol_decision" IN ('rejected', 'pending_human_review');
