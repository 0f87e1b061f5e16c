# ninewatch: "make help" lists what there is. The two that matter: make run, make test.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X ninewatch/internal/version.Version=$(VERSION)
# gosnmp_nodebug: its debug log costs a third of the time and prints communities.
# grpcnotrace: leaves out a tracer that makes the agent 2 MB larger.
TAGS := gosnmp_nodebug,grpcnotrace
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags
# The agent has to stay below 12 MB: net/http without HTTP/2, functions begin at 4 bytes, and only
# what polls, pings and packs is inlined (HOT), with the core of the runtime below it.
HOT := ninewatch/agent/icmp ninewatch/agent/snmp ninewatch/internal/frame ninewatch/internal/oid ninewatch/internal/snmpwire ninewatch/internal/usm \
	runtime internal/runtime/... internal/abi internal/bytealg internal/sync sync sync/atomic golang.org/x/sys/unix github.com/klauspost/compress/... \
	encoding/binary slices math/bits unicode/utf8
AGENT_BUILD := $(GO_BUILD) '$(LDFLAGS) -funcalign=4' -tags $(TAGS),nethttpomithttp2 -gcflags=all=-l $(foreach p,$(HOT),-gcflags=$(p)=)
COLLECTOR_BUILD := $(GO_BUILD) '$(LDFLAGS)' -tags $(TAGS)
UI := collector/ui/app
UI_SOURCES := $(shell find $(UI) -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help build binaries size run test race lint fmt proto ui e2e bench microbench fuzz soak check deps

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ui binaries ## build both programs, with the pages inside

binaries: ## build both programs into bin/
	@mkdir -p bin
	$(COLLECTOR_BUILD) -o bin/ninewatch-collector ./collector
	@echo '$(GO_BUILD) … -o bin/ninewatch-agent ./agent'
	@$(AGENT_BUILD) -o bin/ninewatch-agent ./agent

ui: collector/ui/dist/index.html ## build the pages into collector/ui/dist

collector/ui/dist/index.html: $(UI)/node_modules/.package-lock.json $(UI_SOURCES)
	cd $(UI) && npm run --silent build
	@touch $@

$(UI)/node_modules/.package-lock.json: $(UI)/package.json $(UI)/package-lock.json
	cd $(UI) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

size: binaries ## the goal P3 of the design: the agent has 12 MB at most
	@n=$$(stat -c %s bin/ninewatch-agent); echo "the agent has $$n bytes"; test $$n -le 12000000 || { echo 'more than 12 MB: see HOT in the Makefile' >&2; exit 1; }

run: ## build, then start everything on this machine with a demo network
	@echo 'building: the first time takes some minutes'
	@$(MAKE) --no-print-directory -j2 ui quick
	@$(MAKE) --no-print-directory quick
	bin/ninewatch-collector up --demo --data ./.run

.PHONY: quick
quick: # both programs with the same flags, so that what they share is compiled once; the first goes on while npm works
	@mkdir -p bin
	@$(COLLECTOR_BUILD) -o bin/ ./agent ./collector && mv bin/agent bin/ninewatch-agent && mv bin/collector bin/ninewatch-collector

deps: ## install what the tests need (Debian packages; needs root once)
	.ci/deps

test: deps ui lint ## everything: unit, race, integration and browser tests
	go test -tags $(TAGS) -race $$(go list -tags $(TAGS) ./... | grep -v '/internal/e2e$$')
	go test -tags $(TAGS) -race ./internal/e2e
	cd $(UI) && npm test && npm run test:browser

race: ## the Go tests under the race detector
	go test -tags $(TAGS) -race ./...

lint: ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l agent collector internal proto | tee /dev/stderr)" || { echo 'run "make fmt"' >&2; exit 1; }
	go vet -tags $(TAGS) ./...
	go tool staticcheck -tags $(TAGS) ./...

fmt: ## format the Go code
	gofmt -w agent collector internal

proto: ## generate proto/telemetry/v1 anew (needs protoc)
	@mkdir -p bin/tools
	go build -o bin/tools/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
	PATH=$(CURDIR)/bin/tools:$$PATH protoc --go_out=. --go_opt=module=ninewatch --go-grpc_out=. --go-grpc_opt=module=ninewatch proto/telemetry/v1/telemetry.proto

e2e: build ## the end-to-end scenarios on real parts
	go test -tags $(TAGS) -count=1 -v ./internal/e2e

bench: ## the goals of the design against other programs: one table, JSON into the file BENCH_JSON (GOALS="P1 P6" for some)
	@mkdir -p bin/tools
	go build -tags $(TAGS) -o bin/tools/bench ./internal/bench
	bin/tools/bench $(GOALS)

microbench: ## the Go benchmarks of single functions
	go test -tags $(TAGS) -run '^$$' -bench . -benchmem ./...

FUZZTIME ?= 30s
fuzz: ## every fuzz target for FUZZTIME (30s)
	@grep -rlE '^func Fuzz' --include=*_test.go agent collector internal | while read -r file; do \
		for target in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' $$file | cut -c6-); do \
			echo "== $$(dirname $$file) $$target"; \
			go test -tags $(TAGS) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
		done; \
	done

SOAK ?= 10m
CUTS ?= 24
soak: build ## for SOAK (10m) each: echoes to 10,000 targets, kill -9 of both ends; count the losses of 400,000 echoes, time CUTS (24) cuts
	NINEWATCH_SOAK=$(SOAK) NINEWATCH_CUTS=$(CUTS) go test -p 1 -tags $(TAGS) -count=1 -v -timeout 0 -run 'TestSoak|TestLossIs|TestCutIsTold' ./agent/icmp ./internal/e2e

check: lint ## what to run before a commit: lint and the quick tests
	go test -tags $(TAGS) ./...
