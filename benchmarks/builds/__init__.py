"""The whole table of what people wait for, beside an earlier build."""
