"""CloudWatch as far as the dashboard needs it: metrics out of EMF lines, metric math, Logs Insights, and a drawing."""
