module github.com/prometheus/sigv4

go 1.26.0

require github.com/prometheus/common v0.71.0
