package main

func deadTargets() ([]Row, error) { return nil, nil }
