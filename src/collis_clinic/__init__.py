"""The clinic: patients, visits, stock, and who did what. It computes no dose; `bridge` asks `collis.api`."""
