"""Studies: long measurements of the program against its bars. `harness` says how one is written."""
