"""Parameters that every check of a model declares alike: what the model takes, when it decides yes, who is shown."""

from clerestory.assurance.parameter import Parameter

FEATURES = Parameter(
    name="features", kind="columns", from_data="features", required=True, meaning="Columns the model takes."
)
THRESHOLD = Parameter(
    name="threshold", kind="number", from_data="threshold", default=0.5, meaning="Score from which on it decides yes."
)
SHOWN = Parameter(
    name="sensitive_features", kind="columns", from_data="sensitive_features", meaning="Groups shown each."
)
