package script

import (
	"cmp"
	"strings"
)

// foreignModules has the modules of Moonlark that do the job of well-known libraries for Lua which
// Moonlark does not have, because they are written in C or belong to another program.
var foreignModules = map[string]string{
	"cjson": "json", "dkjson": "json", "rapidjson": "json", "lunajson": "json", "rxi-json-lua": "json",
	"rex_pcre": "re", "rex_pcre2": "re", "rex_posix": "re", "rex_onig": "re",
	"mime": "base64", "md5": "hash", "sha1": "hash", "sha2": "hash", "openssl.digest": "hash", "crypto": "hash",
	"socket.url": "url", "neturl": "url",
	"lyaml": "yaml", "tinyyaml": "yaml", "xml2lua": "xml", "lxp": "xml", "SLAXML": "xml",
	"lua-utf8": "utf8", "vstruct": "struct", "ftcsv": "csv", "lustache": "template", "etlua": "template", "i18n.lua": "i18n",
	"gumbo": "html", "htmlparser": "html", "luajwt": "jwt", "resty.jwt": "jwt",
	"date": "time", "luatz": "time",
	"socket.http": "http", "ssl.https": "http", "http.request": "http", "resty.http": "http", "requests": "http", "cURL": "http", "lcurl": "http",
	"lfs": "fs", "posix": "fs", "path": "fs", "pl.path": "fs", "pl.file": "fs", "pl.dir": "fs",
	"lsqlite3": "db", "lsqlite3complete": "db", "sqlite3": "db", "luasql": "db", "lmdb": "store",
	"socket": "tcp", "ssl": "tcp", "luv": "tcp", "websocket": "ws", "resty.websocket": "ws",
	"copas": "task", "lanes": "task", "effil": "task", "cqueues": "task", "luaproc": "task",
}

// foreignGlobals has hints for globals of other programs with Lua that a script may read.
var foreignGlobals = map[string]string{
	"ngx": "it belongs to OpenResty",
	"tmr": "it belongs to NodeMCU: use after and every",
	"hs":  "it belongs to Hammerspoon",
	"vim": "it belongs to Neovim",
	"uv":  "it belongs to luv",
	"nk":  "it belongs to Nakama",
}

// foreignModuleHint returns which module of Moonlark does the job of the library name, or "" if that
// is not known.
func foreignModuleHint(name string) string {
	first, _, _ := strings.Cut(name, ".")
	if module := cmp.Or(foreignModules[name], foreignModules[first]); module != "" {
		return " (use the module '" + module + "' of Moonlark)"
	}
	return ""
}
