//! The settings file and the environment, read once into `Settings`.
