package json_test

import (
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestJSONExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }
