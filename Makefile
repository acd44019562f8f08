# Two commands do everything on a fresh Debian 12: `make demo` and `make check`.
BUILD = build

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/deps.sh
	@meson setup $(BUILD) -Dbuildtype=release -Db_ndebug=false >/dev/null

demo: all            # the main job on real data; prints where the report is
	@examples/demo.sh $(BUILD)

check:               # all tests: gcc, clang, sanitizers, fuzz corpus
	@tools/check.sh

check-all:           # and what takes long: valgrind, ten minutes of fuzzing per reader
	@tools/check.sh all

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

install: all
	@meson install -C $(BUILD)

clean:
	@rm -rf build build-*

.PHONY: all demo check check-all format install clean
