"""Pure methods of the features stage: frames in, frames out. No engine, no Dagster, no clock."""
