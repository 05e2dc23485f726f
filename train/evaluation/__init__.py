"""The test protocol: methods, baselines, intervals over identities, reports."""
