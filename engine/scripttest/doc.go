package scripttest

import _ "embed"

// Types declares the globals of test files for editors that use the Lua language server. The file
// scripts/types/moonlark_tests.lua is a copy of it.
//
//go:embed doc.lua
var Types string
