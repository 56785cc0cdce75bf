"""The version of this program, in one place: everything else reads it or is tested against it."""

VERSION = "0.1.0"
