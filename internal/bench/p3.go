package main

// memory is P3: what 5,000 devices take.
func memory() ([]Row, error) { return nil, nil }
