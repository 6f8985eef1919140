# `make` or `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A target may import only what it depends on: the compiler keeps the floors of the house apart.
build_flags := --explicit-target-dependency-import-check error
swift_sources := Package.swift Sources Tests
python ?= python3

# The scans of `make demo`, and what it runs on each.
demo_scans := brain1 brain2
demo_command = brainkit segment --t1ce demo/$${scan}_image.nrrd -o demo/$${scan}_dseg.nii.gz \
	--truth demo/$${scan}_label.nrrd --truth-region tc --report demo/$${scan}_report.html

.PHONY: help demo test build format golden snapshots parity resume bench clean bootstrap

help:  ## lists these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 20

bootstrap:  ## installs what is missing: system libraries and the tensor engine
	@scripts/bootstrap

build: bootstrap  ## builds the command in release mode: .build/release/brainkit
	swift build -c release $(build_flags) --product brainkit

demo: build  ## segments two real tumour scans: a label map and a report each
	@scripts/demo-input
	for scan in $(demo_scans); do .build/release/$(demo_command); \
	printf 'report: %s\n' "$(CURDIR)/demo/$${scan}_report.html"; done

test: bootstrap  ## builds and runs every test
	swift build --build-tests $(build_flags)
	OMP_NUM_THREADS=1 swift test --skip-build
	BRAINKIT_TEST_THREADS=2 swift test --skip-build --filter 'FusedTests|SamplingTests'

format:  ## formats the Swift sources in place
	swift format --in-place --parallel --recursive $(swift_sources)

golden:  ## makes the golden files anew (Python with torch, numpy and safetensors: make golden python=...)
	$(python) scripts/golden/eoformer.py Tests/BrainModelsTests/Golden

snapshots:  ## takes the help texts anew that the tests compare with
	swift build --build-tests $(build_flags)
	BRAINKIT_SNAPSHOTS=write swift test --skip-build --filter HelpTests

parity: build  ## holds the built command against PyTorch at full width (Python as for golden)
	$(python) scripts/check-parity --brainkit .build/release/brainkit

resume: build  ## kills a training ten times and compares what comes out with an uninterrupted run's
	$(python) scripts/check-resume

bench: build  ## times one patch against PyTorch, ONNX Runtime and OpenVINO (in .venv-peers, which it makes)
	Benchmarks/peers/run patch

clean:  ## removes build products; the engine and the demo's input stay
	swift package clean
