package httpserve

import (
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// maxParts is the maximal number of fields and files of a form.
const maxParts = 1000

// requestForm is the Lua function request:form.
func requestForm(L *lua.LState) int {
	req := checkRequest(L)
	kind, params, _ := mime.ParseMediaType(req.r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		if strings.Count(req.body, "&") >= maxParts {
			return value.PushFailure(L, "too_large", "the form has more than %d fields", maxParts)
		}
		fields, err := url.ParseQuery(req.body)
		if err != nil {
			return value.PushFailure(L, "invalid", "the body is not a form: %s", err)
		}
		L.Push(firstValues(L, fields))
		return 1
	case "multipart/form-data":
		return pushParts(L, req.body, params["boundary"])
	}
	return value.PushFailure(L, "invalid", "the body is not a form: its type is %s", value.Quote(kind))
}

// pushParts pushes the table of the parts of a multipart form: a string for a field, and a table
// for a file.
func pushParts(L *lua.LState, body, boundary string) int {
	if boundary == "" {
		return value.PushFailure(L, "invalid", "the body is not a form: the header Content-Type has no boundary")
	}
	t := L.CreateTable(0, 8)
	reader := multipart.NewReader(strings.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if err == io.EOF {
			L.Push(t)
			return 1
		}
		if n == maxParts {
			return value.PushFailure(L, "too_large", "the form has more than %d parts", maxParts)
		}
		var content []byte
		if err == nil {
			content, err = io.ReadAll(part) // as long as the body at most
		}
		if err != nil {
			return value.PushFailure(L, "invalid", "the body is not a form: %s", strings.TrimPrefix(err.Error(), "multipart: "))
		}
		name := part.FormName()
		if name == "" || t.RawGetString(name) != lua.LNil {
			continue // only the first value counts
		}
		if part.FileName() == "" {
			t.RawSetString(name, lua.LString(content))
			continue
		}
		file := L.CreateTable(0, 3)
		file.RawSetString("filename", lua.LString(part.FileName()))
		file.RawSetString("type", lua.LString(part.Header.Get("Content-Type")))
		file.RawSetString("data", lua.LString(content))
		t.RawSetString(name, file)
	}
}
