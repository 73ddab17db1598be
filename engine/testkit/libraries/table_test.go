package libraries

import "path"

// The styles in which libraries write their tests.
const (
	busted    = "busted"    // describe and it, with the assertions of luassert
	telescope = "telescope" // describe and it, with functions such as assert_equal
	script    = "script"    // a program that calls assert, or prints what it has found
)

// A library says how the tests of one library are run.
type library struct {
	name    string   // owner and name on GitHub; the checkout is in a folder with this name, without the owner
	style   string   // busted, telescope or script
	tests   []string // patterns of the test files, each of which is run in a process of its own
	modules []string // folders of the checkout that have the modules; empty means the checkout itself
	with    []string // other checkouts that the tests use, as "folder" or "folder:folder in the working folder"
	prelude string   // Lua code that is run before each test file
	data    []string // patterns of the files that tests read with io.open

	bare      bool // the style is busted, but the tests use no luassert
	anyOutput bool // the output is different in each run, for example because of the order of pairs

	reason string // why results on Moonlark differ from those on lua5.1; empty if they do not
}

// folder returns the name of the checkout.
func (l library) folder() string { return path.Base(l.name) }

func files(patterns ...string) []string { return patterns }

var table = []library{
	{name: "kikito/middleclass", style: busted, tests: files("spec/*_spec.lua"), reason: "weak tables keep their contents; the tests take Moonlark for Lua 5.3, because it has `string.unpack`"},
	{name: "kikito/inspect.lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "kikito/memoize.lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "kikito/semver.lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "kikito/stateful.lua", style: busted, tests: files("spec/*_spec.lua"), modules: files("spec/lib")},
	{name: "kikito/i18n.lua", style: busted, tests: files("spec/*_spec.lua"), data: files("spec/en.lua")},
	{name: "kikito/tween.lua", style: busted, tests: files("spec/*_spec.lua"), reason: "the test needs a value of type userdata"},
	{name: "kikito/bump.lua", style: busted, tests: files("spec/*_spec.lua"), reason: "weak tables keep their contents"},
	{name: "kikito/anim8", style: busted, tests: files("spec/anim8/*_spec.lua")},
	{name: "kikito/cron.lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "kikito/beholder.lua", style: telescope, tests: files("spec/unit.lua", "spec/acceptance.lua"), reason: "weak tables keep their contents"},
	{name: "kikito/md5.lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "kikito/sha1.lua", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "kikito/ansicolors.lua", style: telescope, tests: files("specs/*_spec.lua"), data: files("ansicolors.lua")},
	{name: "rxi/json.lua", style: script, tests: files("test/test.lua"),
		prelude: `local json = require "json" loadfile = function() return function() return json end end`},
	{name: "rxi/lume", style: script, tests: files("test/test.lua"), data: files("test/test.lua"), modules: files("test")},
	{name: "lunarmodules/Penlight", style: busted, tests: files("spec/*_spec.lua"), modules: files("lua")},
	{name: "lunarmodules/Penlight", style: script, tests: files("tests/test-*.lua"), modules: files("lua")},
	{name: "lunarmodules/say", style: busted, tests: files("spec/*_spec.lua")},
	{name: "lunarmodules/luassert", style: busted, tests: files("spec/*_spec.lua"), reason: "the test needs a value of type userdata"},
	{name: "lunarmodules/busted", style: busted, tests: files("spec/*_spec.lua")},
	{name: "lunarmodules/lua-compat-5.3", style: script, tests: files("tests/test.lua")},
	{name: "Tieske/date", style: busted, tests: files("spec/*_spec.lua"), modules: files("src"), reason: "the test depends on the order of `pairs`"},
	{name: "Tieske/uuid", style: busted, tests: files("spec/*_spec.lua"), modules: files("src"), reason: "reads /dev/urandom"},
	{name: "Tieske/binaryheap.lua", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "Yonaba/Moses", style: busted, tests: files("spec/*_spec.lua"), reason: "the test needs a value of type userdata"},
	{name: "Yonaba/Jumper", style: telescope, tests: files("specs/*_specs.lua")},
	{name: "Yonaba/30log", style: telescope, tests: files("specs/*.lua"), reason: "weak tables keep their contents"},
	{name: "Yonaba/Allen", style: telescope, tests: files("specs/*_spec.lua")},
	{name: "Yonaba/Lua-Class-System", style: script, tests: files("tests.lua"), reason: "the text of an error message"},
	{name: "luafun/luafun", style: script, tests: files("tests/runtest"), data: files("tests/*.lua"),
		prelude: `arg = { "tests/basic.lua", "tests/compositions.lua", "tests/filtering.lua", "tests/generators.lua",
			"tests/indexing.lua", "tests/operators.lua", "tests/reducing.lua", "tests/slicing.lua",
			"tests/transformations.lua" }
			os.execute = function(command) -- the tests compare two files with the command diff
				local a, b = command:match('"(.-)" "(.-)"')
				if io.open(a):read("*a") ~= io.open(b):read("*a") then print(a .. ": the output is wrong") end
				return 0
			end`, reason: "does not replace the global function `every`"},
	{name: "pygy/LuLPeg", style: script, tests: files("tests/lpeg.0.12.test.lua"),
		prelude: `arg = { "lulpeg" }`, reason: "the text of a traceback; one assertion less, not explained yet"},
	{name: "FourierTransformer/ftcsv", style: busted, tests: files("tests/*_test.lua"), data: files("tests/csvs/*", "tests/json/*"),
		with: files("dkjson/dkjson.lua:dkjson.lua", "dkjson/dkjson.lua:cjson.lua")},
	{name: "pkulchenko/serpent", style: script, tests: files("t/test.lua"), modules: files("src"), reason: "the length of a table with holes"},
	{name: "stevedonovan/Microlight", style: script, tests: files("examples/test.lua"), data: files("*.lua")},
	{name: "bakpakin/binser", style: busted, tests: files("spec/*_spec.lua")},
	{name: "bakpakin/tiny-ecs", style: busted, tests: files("spec/*_spec.lua")},
	{name: "mpeterv/luacheck", style: busted, tests: files("spec/*_spec.lua"), data: files("spec/samples/*", "spec/configs/*", "spec/folder/*"), modules: files("src"), reason: "the tests need `io.popen`"},
	{name: "mpeterv/argparse", style: busted, tests: files("spec/*_spec.lua"), modules: files("src"), reason: "the tests need `io.popen`"},
	{name: "mpeterv/markdown", style: script, tests: files("markdown-tests.lua")},
	{name: "teal-language/tl", style: busted, tests: files("spec/*/*_spec.lua", "spec/*/*/*_spec.lua")},
	{name: "iskolbin/lbase64", style: script, tests: files("test.lua")},
	{name: "manoelcampos/xml2lua", style: busted, tests: files("spec/*_spec.lua")},
	{name: "Olivine-Labs/lustache", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "Olivine-Labs/mediator_lua", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "aiq/basexx", style: busted, tests: files("test/*_spec.lua"), modules: files("lib")},
	{name: "airstruck/knife", style: script, tests: files("spec/*.lua"), prelude: `T = require "knife.test"`},
	{name: "vrld/hump", style: busted, tests: files("spec/*_spec.lua")},
	{name: "gvx/Ser", style: script, tests: files("tests.lua"), reason: "the test depends on the order of `pairs`"},
	{name: "LuaDist/dkjson", style: script, tests: files("jsontest.lua")},
	{name: "bluebird75/luaunit", style: script, tests: files("test/test_luaunit.lua")},
	{name: "norman/telescope", style: telescope, tests: files("spec/*_spec.lua"), data: files("spec/fixtures/*.lua")},
	{name: "kyleconroy/lua-state-machine", style: busted, tests: files("spec/*_spec.lua"), data: files("*.ref")},
	{name: "unindented/lua-fsm", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "geoffleyland/lua-csv", style: script, tests: files("lua/test.lua"), modules: files("lua"), data: files("test-data/*"),
		prelude: `local open = io.open io.open = function(name, ...) return open(name:gsub("^%.%./", ""), ...) end`},
	{name: "bjornbytes/RxLua", style: script, tests: files("tests/runner.lua"), data: files("tests/*.lua")},
	{name: "zserge/lua-promises", style: script, tests: files("deferred_test.lua"), with: files("luash/tests/gambiarra.lua:gambiarra.lua")},
	{name: "jonstoler/lua-toml", style: busted, tests: files("spec/*_spec.lua")},
	{name: "exosite/lua-yaml", style: busted, tests: files("spec/*_spec.lua"), data: files("samples/*"), reason: "needs `io.popen`"},
	{name: "api7/lua-tinyyaml", style: busted, tests: files("spec/*_spec.lua"), data: files("spec/*.yaml")},
	{name: "golgote/neturl", style: script, tests: files("tests/*_test.lua"), modules: files("lib"), anyOutput: true},
	{name: "davidm/lua-matrix", style: script, tests: files("test/test_*.lua"), modules: files("lua"), reason: "`..` writes all digits of a number"},
	{name: "jtarchie/underscore-lua", style: busted, tests: files("spec/*_spec.lua"), reason: "one test fails on lua5.1 only, because of the order of `pairs`"},
	{name: "hoelzro/lua-repl", style: script, tests: files("t/*-tests.lua")},
	{name: "EvandroLG/array.lua", style: script, tests: files("test.lua"), modules: files("src"), with: files("simple_test/src/simple_test:simple_test")},
	{name: "mlnlover11/LuaMinify", style: script, tests: files("tests/test_*.lua")},
	{name: "Stepets/utf8.lua", style: script, tests: files("test/*.lua"), reason: "one test fails on lua5.1 only, because of a zero byte in a pattern"},
	{name: "ToxicFrog/vstruct", style: script, tests: files("test/basic.lua", "test/fp-*.lua", "test/error.lua", "test/compat1x.lua", "test/frexp.lua", "test/regression.lua"), with: files("vstruct:vstruct")},
	{name: "davidm/lua-bit-numberlua", style: script, tests: files("test.lua"), data: files("contrib/*.lua"), modules: files("lmod")},
	{name: "iryont/lua-struct", style: busted, tests: files("spec/*_spec.lua"), modules: files("src")},
	{name: "Cluain/Lua-Simple-XML-Parser", style: script, tests: files("xmlTest.lua"), reason: "needs `module`"},
	{name: "somesocks/lua-lockbox", style: script, tests: files("test/Base64Tests.lua", "test/MD4Tests.lua", "test/SHA1Tests.lua"), with: files("lua-bit-numberlua/lmod/bit:bit"),
		prelude: `require("lockbox").ALLOW_INSECURE = true`},
	{name: "excessive/cpml", style: busted, tests: files("spec/*_spec.lua")},
	{name: "speedata/luaqrcode", style: script, tests: files("qrtest.lua"), data: files("qrencode.lua")},
	{name: "silentbicycle/lunatest", style: script, tests: files("test.lua"), anyOutput: true},
	{name: "EvandroLG/simple_test", style: script, tests: files("test.lua"), modules: files("src", "src/simple_test"), reason: "the text of an error message"},
	{name: "renatomaia/loop", style: script, tests: files("test/loop/tests/models/*.lua"), modules: files("lua", "test"), reason: "one test fails on lua5.1 only, because of the order of `pairs`"},
}
