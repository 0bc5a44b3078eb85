"""The log as files for everybody whom the folder is shown to: leaves, tiles and the checkpoint, never a payload."""
