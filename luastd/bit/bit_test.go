package bit_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestBitExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }
