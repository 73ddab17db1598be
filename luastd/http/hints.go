package http

import (
	lua "github.com/yuin/gopher-lua"
)

// foreignFunctions are names that other libraries have for the functions of this module.
var foreignFunctions = map[string]string{
	"fetch": "http.get, or http.request", "request_uri": "http.request", "new": "http.client", "session": "http.client",
	"asyncGet": "http.get", "asyncPost": "http.post", "doRequest": "http.request", "http_request": "http.request",
	"getJSON": "http.get(url):json()", "json": "http.get(url):json()", "patch_json": "http.patch(url, {json = ...})",
	"post_json": "http.post(url, {json = ...})", "postJSON": "http.post(url, {json = ...})", "del": "http.delete",
	"TIMEOUT": "the option timeout", "set_timeout": "the option timeout", "cookie_jar": "http.cookies",
	"stream": "the option stream", "save": "http.download", "upload": "the option multipart", "websocket": "the module ws",
	"server": "http.serve", "listen": "http.serve", "createServer": "http.serve", "create_server": "http.serve",
}

// foreignOptions are names that other libraries have for the options of this module.
var foreignOptions = map[string]string{
	"params": "query", "qs": "query", "data": "body, json or form", "content": "body", "payload": "body, json or form",
	"files": "multipart", "follow_redirects": "redirects", "allow_redirects": "redirects", "follow_location": "redirects",
	"max_redirects": "redirects", "redirect": "redirects", "follow": "redirects", "verify": "tls = {verify = ...}",
	"ssl_verify": "tls = {verify = ...}", "verify_peer": "tls = {verify = ...}", "insecure": "tls = {verify = false}",
	"ca_file": "tls = {ca = ...}", "cert": "tls = {cert = ...}", "timeout_ms": "timeout, in seconds",
	"unix_socket": "unix", "token": "bearer", "user": "auth = {user, password}", "username": "auth = {user, password}",
	"password": "auth = {user, password}", "cookie": "headers = {Cookie = ...}, or cookies", "jar": "cookies",
	"max_size": "max_bytes", "retry": "retries", "header": "headers", "base_url": "base", "baseURL": "base",
}

// needlessOptions are options of other libraries that this module does not need, with the reason.
var needlessOptions = map[string]string{"keepalive": "connections are always kept"}

// checkNames raises an error if the table of options, which is argument n, has a name that other
// libraries use for an option of this module.
func checkNames(L *lua.LState, n int) {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		return
	}
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		name := k.String()
		if use := foreignOptions[name]; use != "" {
			L.ArgError(n, "there is no field '"+name+"': use "+use)
		}
		if why := needlessOptions[name]; why != "" {
			L.ArgError(n, "there is no field '"+name+"': "+why)
		}
	}
}
