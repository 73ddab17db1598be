package http

import (
	"crypto/rand"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/http/httpguts"

	"moonlark/luastd/value"
)

// multipartBody returns the body for the option multipart: a list of parts.
func multipartBody(o options, v lua.LValue) *body {
	list, ok := v.(*lua.LTable)
	if !ok || list.Len() == 0 {
		o.Raise("multipart", "a list of parts, such as {name = \"x\", value = 1}", v)
	}
	if list.Len() > maxFields {
		o.fail("multipart has more than %d parts", maxFields)
	}
	boundary := rand.Text()
	b := &body{contentType: "multipart/form-data; boundary=" + boundary}
	for i := 1; i <= list.Len(); i++ {
		header, content, err := multipartPart(o, list.RawGetInt(i))
		if err != nil {
			o.fail("multipart[%d]: %s", i, err)
		}
		content.name = fmt.Sprintf("multipart[%d]", i)
		header = "--" + boundary + "\r\n" + header + "\r\n"
		b.held += int64(len(header))
		b.parts = append(b.parts, part{text: header}, content, part{text: "\r\n"})
	}
	b.parts = append(b.parts, part{text: "--" + boundary + "--\r\n"})
	return b
}

// multipartPart returns the header and the content of one part.
func multipartPart(o options, v lua.LValue) (header string, content part, err error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return "", part{}, fmt.Errorf("a table expected, not %s", value.TypeName(v))
	}
	if err := value.CheckFields(t, []string{"name", "value", "data", "file", "filename", "type"}); err != nil {
		return "", part{}, err
	}
	name, err := value.OptionalString(t, "name")
	if err == nil && name == "" {
		err = fmt.Errorf("a part needs a name")
	}
	filename, err2 := value.OptionalString(t, "filename")
	contentType, err3 := value.OptionalString(t, "type")
	for _, err := range []error{err, err2, err3} {
		if err != nil {
			return "", part{}, err
		}
	}
	if !httpguts.ValidHeaderFieldValue(contentType) {
		return "", part{}, fmt.Errorf("type has a control character")
	}
	content, name2, err := partContent(o, t)
	if err != nil {
		return "", part{}, err
	}
	if filename == "" {
		filename = name2
	}
	header = `Content-Disposition: form-data; name="` + partName.Replace(name) + `"`
	if filename != "" {
		header += `; filename="` + partName.Replace(filename) + `"`
	}
	if contentType == "" && filename != "" {
		contentType = "application/octet-stream"
	}
	if contentType != "" {
		header += "\r\nContent-Type: " + contentType
	}
	return header + "\r\n", content, nil
}

// partContent returns the content of a part, and the name of the file that it comes from.
func partContent(o options, t *lua.LTable) (content part, filename string, err error) {
	found := 0
	if v := t.RawGetString("value"); v != lua.LNil {
		found++
		var ok bool
		if content.text, ok = o.fieldText(v); !ok {
			return part{}, "", fmt.Errorf("value must be a string, a number, true or false, not %s", value.TypeName(v))
		}
	}
	if v := t.RawGetString("data"); v != lua.LNil {
		found++
		s, ok := v.(lua.LString)
		if !ok {
			return part{}, "", fmt.Errorf("data must be a string, not %s", value.TypeName(v))
		}
		content.text, filename = string(s), "file"
	}
	if v := t.RawGetString("file"); v != lua.LNil {
		found++
		s, ok := v.(lua.LString)
		if !ok {
			return part{}, "", fmt.Errorf("file must be a path, not %s", value.TypeName(v))
		}
		if s == "" {
			return part{}, "", fmt.Errorf("file is empty")
		}
		content.path, filename = string(s), path.Base(filepath.ToSlash(string(s)))
	}
	if found != 1 {
		return part{}, "", fmt.Errorf("a part needs exactly one of value, data and file")
	}
	return content, filename, nil
}

// partName writes the characters that would end a name in the header of a part, as browsers do.
var partName = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A", "\x00", "%00")
