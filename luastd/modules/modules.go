// Package modules lists the Lua modules that scripts can use. The following are derived from the
// list: the globals of a script, the names that require finds, the globals that the linter knows,
// the suggestions for a misspelt name, and the declarations for editors.
package modules

import (
	_ "embed"
	"strings"

	"moonlark/luastd"
	"moonlark/luastd/base64"
	"moonlark/luastd/bit"
	"moonlark/luastd/calendar"
	"moonlark/luastd/csv"
	"moonlark/luastd/db"
	"moonlark/luastd/dns"
	"moonlark/luastd/events"
	"moonlark/luastd/exec"
	"moonlark/luastd/feed"
	"moonlark/luastd/fleet"
	"moonlark/luastd/fs"
	"moonlark/luastd/gpio"
	"moonlark/luastd/hash"
	"moonlark/luastd/hex"
	"moonlark/luastd/html"
	"moonlark/luastd/http"
	"moonlark/luastd/i18n"
	"moonlark/luastd/i2c"
	"moonlark/luastd/image"
	"moonlark/luastd/json"
	"moonlark/luastd/jwt"
	"moonlark/luastd/keys"
	"moonlark/luastd/log"
	"moonlark/luastd/mail"
	"moonlark/luastd/mcp"
	"moonlark/luastd/mdns"
	"moonlark/luastd/mqtt"
	"moonlark/luastd/qr"
	"moonlark/luastd/random"
	"moonlark/luastd/re"
	"moonlark/luastd/screen"
	"moonlark/luastd/secrets"
	"moonlark/luastd/serial"
	"moonlark/luastd/session"
	"moonlark/luastd/sound"
	"moonlark/luastd/spi"
	"moonlark/luastd/state"
	"moonlark/luastd/std"
	"moonlark/luastd/store"
	"moonlark/luastd/structs"
	"moonlark/luastd/stt"
	"moonlark/luastd/system"
	"moonlark/luastd/task"
	"moonlark/luastd/tcp"
	"moonlark/luastd/template"
	"moonlark/luastd/text"
	"moonlark/luastd/time"
	"moonlark/luastd/timers"
	"moonlark/luastd/toml"
	"moonlark/luastd/tools"
	"moonlark/luastd/tts"
	"moonlark/luastd/udp"
	"moonlark/luastd/url"
	"moonlark/luastd/utf8"
	"moonlark/luastd/uuid"
	"moonlark/luastd/ws"
	"moonlark/luastd/xml"
	"moonlark/luastd/yaml"
)

// All returns all modules, in the order in which they are declared for editors.
func All() []luastd.Module {
	return append(std.Modules(),
		tools.Module,
		events.Module,
		timers.Module,
		state.Module,
		session.Module,
		sound.Module,
		tts.Module,
		stt.Module,
		json.Module,
		log.Module,
		base64.Module,
		hex.Module,
		hash.Module,
		url.Module,
		utf8.Module,
		bit.Module,
		bit.Module32,
		uuid.Module,
		random.Module,
		csv.Module,
		toml.Module,
		yaml.Module,
		xml.Module,
		feed.Module,
		structs.Module,
		re.Module,
		jwt.Module,
		template.Module,
		text.Module,
		i18n.Module,
		time.Module,
		html.Module,
		qr.Module,
		image.Module,
		calendar.Module,
		exec.Module,
		task.Module,
		fs.Module,
		store.Module,
		secrets.Module,
		db.Module,
		http.Module,
		ws.Module,
		tcp.Module,
		udp.Module,
		dns.Module,
		serial.Module,
		keys.Module,
		system.Module,
		fleet.Module,
		gpio.Module,
		i2c.Module,
		spi.Module,
		screen.Module,
		mail.Module,
		mqtt.Module,
		mcp.Module,
		mdns.Module,
	)
}

//go:embed types_header.lua
var typesHeader string

// Types returns the content of the file scripts/types/moonlark.lua: the declarations of all
// modules, for editors that use the Lua language server.
func Types() string {
	var b strings.Builder
	b.WriteString(typesHeader)
	for _, m := range All() {
		if m.Doc != "" {
			b.WriteString("\n" + withClass(m))
		}
	}
	return b.String()
}

// withClass returns the declarations of a module. The table of the module gets a class, because the
// language server reports unknown fields only for tables that have one.
func withClass(m luastd.Module) string {
	table := "\n" + m.Name + " = {}\n"
	before, after, found := strings.Cut("\n"+m.Doc, table)
	if !found || strings.HasPrefix(before[strings.LastIndex(before, "\n")+1:], "---@") {
		return m.Doc
	}
	return strings.TrimPrefix(before+"\n---@class moonlark.module."+m.Name+table+after, "\n")
}
