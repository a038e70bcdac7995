# GeoHub: `make run` starts it, `make test` tests it; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help run test check check-printers chaos bench bench-ingest generate deps test-deps web build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps build ## start the hub with the demo province at http://127.0.0.1:8080
	@exec bin/hub serve --demo

test: test-deps web ## run all tests against a private PostGIS
	@go run ./internal/pgtest/stop >/dev/null 2>&1 || true
	go test ./...; code=$$?; go run ./internal/pgtest/stop; exit $$code

check: test-deps web ## gofmt, vet, staticcheck, race tests, generated files up to date
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt'd:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run $(STATICCHECK) $$(go list ./... | grep -v "^geohub/graph$$") # graph is generated
	$(MAKE) generate
	git diff --exit-code -- graph systems resolvers
	go test -race -timeout 60m ./...; code=$$?; go run ./internal/pgtest/stop; exit $$code

check-printers: deps ## ask both printers CHECKS × 20 random operations (100 × 20 in make test)
	go test ./resolvers -run TestPrinters -v -timeout 2h -args -rapid.checks=$(or $(CHECKS),1000); code=$$?; go run ./internal/pgtest/stop; exit $$code

chaos: deps ## kill hubs and connections fifty times; the tables must end the same
	go test ./internal/chaos -run TestKills -v -timeout 80m -args -kills=50; code=$$?; go run ./internal/pgtest/stop; exit $$code

bench: deps ## how fast queries are answered, beside a bare handler on the same tables; wants wrk, a quiet machine and some minutes
	@go build -o bin/bench ./bench && bin/bench $(BENCH)

bench-ingest: deps ## how fast sources are read, beside COPY of the same rows; wants a quiet machine and some minutes
	@go run ./internal/bench $(BENCH); code=$$?; go run ./internal/pgtest/stop; exit $$code

generate: ## write what follows from the layers' declarations, and the GraphQL server
	go run ./systems/gen

deps:
	@sh scripts/deps.sh

test-deps:
	@sh scripts/deps.sh test

build: web
	@CGO_ENABLED=0 go build -o bin/hub ./cmd/hub

web: web/dist/.built

# Without Node the hub starts all the same, with a page that says why there are no others.
web/dist/.built: $(WEB_SOURCES)
	@mkdir -p web/dist
	@if ! command -v node >/dev/null; then \
		echo "Node is not here: console and map will be a plain page. Install Node 20 or newer to have them."; \
	else \
		echo "building console and map (web/) …" && \
		(cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent) && touch $@; \
	fi

clean: ## remove what was built; the database in .hub stays
	rm -rf bin web/node_modules && find web/dist -mindepth 1 ! -name .keep -delete
