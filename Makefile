# Each target stands alone on a fresh Debian 12 or Ubuntu with Python 3.11; a second run does nothing it need not do.
BIN := .venv/bin
SETUP := PYTHON="$(PYTHON)" sh setup/run.sh

.PHONY: demo test test-motors test-scenarios robot lint firmware fuzz lock train pictures clean

demo: ## set up with the simulated home and play the fall scenario
	@$(SETUP) main.py sim
	@$(BIN)/kangban scenario fall

test: ## set up with what the tests need, check the code and run every test
	@$(SETUP) main.py test
	@sh setup/check.sh
	@$(BIN)/python -m pytest -n 3 --dist worksteal --ignore tests/system tests
	@$(BIN)/python -m pytest tests/system

test-motors: ## the contract and fault suites on every family of motors (about ten minutes)
	@$(SETUP) main.py test
	@$(BIN)/python -m pytest tests/contract/motors -m ""

test-scenarios: ## every story with the whole stack (about twenty minutes)
	@$(SETUP) main.py test
	@$(BIN)/python -m pytest tests/system -m ""

lint: ## the checks without the tests
	@$(SETUP) main.py test
	@sh setup/check.sh

robot: ## set up for a robot: no simulation, no test tools
	@$(SETUP) main.py robot
	@$(BIN)/kangban doctor --mode robot || true

firmware: ## compile the motor controller's firmware for both boards (docs/firmware.md)
	@$(MAKE) -C firmware_bridge/firmware --no-print-directory

fuzz: ## give its parser and state machine any bytes at all, for FUZZ_SECONDS (60)
	@$(SETUP) main.py test
	@$(BIN)/python -m tests.firmware.seeds firmware_bridge/firmware/build/corpus
	@$(MAKE) -C firmware_bridge/firmware --no-print-directory fuzz

train: ## make the learned judge of falls anew: practice recordings (hours), then the training (docs/fall_model.md)
	@$(SETUP) main.py test
	@$(BIN)/kangban practice --clips $(or $(PRACTICE_CLIPS),610) --seed 10000 --out runs/practice
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.train --practice runs/practice

lock: ## resolve setup/requirements/*.in anew into setup/requirements.lock
	@$(SETUP) lock.py

pictures: ## make the pictures of the README and the docs anew
	@$(SETUP) main.py test
	@mkdir -p docs/pictures
	@$(BIN)/kangban scenario fall --headless --out runs/pictures
	@cp runs/pictures/strip.png docs/pictures/fall.png
	@$(BIN)/python -m tests.browser.screenshot docs/pictures/console.png
	@$(BIN)/kangban behaviors show --out docs/pictures/tree.png

clean: ## take away the environment and everything built
	rm -rf .venv build firmware_bridge/firmware/build install log runs *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
