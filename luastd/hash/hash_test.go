package hash_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestHashExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{})
}
