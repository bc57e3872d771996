# What needs setting up is set up by the target that needs it, once: .venv here, and for the
# tests a few Debian packages where this may install them. Nothing else leaves the directory.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$p" && break; done)
JOBS ?= 2
BIN := .venv/bin

.SHELLFLAGS := -eu -c
.ONESHELL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench clean debian-packages FORCE
.DEFAULT_GOAL := help

help: ## Say what the targets are
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | while IFS= read -r line; do
		printf '  make %-8s %s\n' "$${line%%:*}" "$${line#*: }"
	done

demo: .venv/ready ## A guest calls samples/trng.py in the emulated hypervisor, step by step
	@$(BIN)/python -m xap_harness.demo samples/trng.py

test: .venv/ready-test debian-packages ## All tests (JOBS=2 at a time, ARGS=... for pytest)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: .venv/ready-test ## ruff, mypy --strict, import-linter: the quick part of the tests
	@$(BIN)/python -m pytest -q tests/project

bench: .venv/ready ## Instructions, sizes and build times (docs/figures.md)
	@$(BIN)/python -m benchmarks.first_slice

clean: ## Remove .venv and every cache
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- .venv ----------------------------------------------------------------------------------

# A directory that was moved or copied brings a .venv that still points at its old place.
ifneq ($(shell cat .venv/place 2>/dev/null),$(shell pwd -P))
.venv/place: FORCE
endif

.venv/place:
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
		echo "xap needs Python 3.11 or newer; name one with 'make PYTHON=...'" >&2
		exit 1
	fi
	if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then
		package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
			echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu:" >&2
			echo "  sudo apt-get install $$package" >&2
			exit 1
		fi
		$(call apt_install,"$$package")
	fi
	echo "setting up .venv (once)"
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	pwd -P > .venv/place

.venv/ready: .venv/place pyproject.toml
	@$(call pip_install,.)
	touch .venv/ready

.venv/ready-test: .venv/place pyproject.toml
	@$(call pip_install,.[test])
	touch .venv/ready .venv/ready-test

define pip_install
$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
endef

# --- Debian -----------------------------------------------------------------------------------

define apt_install
apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
apt-get install -y -qq --no-install-recommends $(1) >/dev/null
endef

# Command and package: they judge what tests make (images, bundles, device trees, signatures, the C
# header), and the device models of the samples. A test that needs one skips without it.
DEBIAN := readelf:binutils eu-elflint:elfutils dumpimage:u-boot-tools dtc:device-tree-compiler \
	openssl:openssl gcc:gcc g++:g++ clang:clang llvm-objdump:llvm \
	qemu-system-aarch64:qemu-system-arm

debian-packages:
	@missing=""
	for each in $(DEBIAN); do
		command -v "$${each%%:*}" >/dev/null || missing="$$missing $${each#*:}"
	done
	if [ -z "$$missing" ]; then exit 0; fi
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "installing$$missing"
		if { $(call apt_install,$$missing); }; then exit 0; fi
	fi
	echo "without the Debian package(s)$$missing, tests that need them are skipped" >&2
