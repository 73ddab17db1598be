package script

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// Other programs call tools, and also request the content of resources and the messages of prompts. The
// requests run like tool calls: see Call.

// The types of the errors that only requests for resources and prompts have. Tool results have none of
// them.
const (
	notFound       = tool.ErrorType(tool.NotFound)
	wrongArguments = tool.ErrorType(tool.BadArguments)
)

// Resources returns all resources that can be read now, in the order of the scripts.
func (s *Scripts) Resources() []*tool.Resource {
	var all []*tool.Resource
	for _, o := range s.offersOf(resourceOffer) {
		all = append(all, o.resource)
	}
	return all
}

// Prompts returns all prompts that can be requested now, in the order of the scripts.
func (s *Scripts) Prompts() []*tool.Prompt {
	var all []*tool.Prompt
	for _, o := range s.offersOf(promptOffer) {
		all = append(all, o.prompt)
	}
	return all
}

// Read reads the resource with the URI c.Name. reply is called exactly once, in place of c.Reply and
// with the same rules, with the content, or with a *tool.RequestError.
func (s *Scripts) Read(c *Call, reply func(tool.Content, error)) {
	c.kind = resourceOffer
	c.Reply = func(c *Call, r tool.Result) {
		if r.IsError {
			reply(tool.Content{}, requestError(r))
			return
		}
		reply(c.produced.(tool.Content), nil)
	}
	s.Call(c)
}

// Prompt gets the messages of the prompt c.Name. The arguments of c are a JSON object with strings.
// reply is called exactly once, in place of c.Reply and with the same rules, with the messages, or with
// a *tool.RequestError.
func (s *Scripts) Prompt(c *Call, reply func([]tool.PromptMessage, error)) {
	c.kind = promptOffer
	c.Reply = func(c *Call, r tool.Result) {
		if r.IsError {
			reply(nil, requestError(r))
			return
		}
		reply(c.produced.([]tool.PromptMessage), nil)
	}
	s.Call(c)
}

// requestError returns the error for the result of a request that has failed.
func requestError(r tool.Result) error {
	t := tool.RequestFailed
	if r.Type == notFound || r.Type == wrongArguments {
		t = tool.RequestErrorType(r.Type)
	}
	return &tool.RequestError{Type: t, Text: r.Text}
}

// pushURI pushes the arguments of the function that reads a resource, the URI and the call, onto the
// stack of L. It returns 2.
func (c *Call) pushURI(L *lua.LState, r *tool.Resource) (int, error) {
	if params, _ := r.Match(c.Name); params != nil {
		c.params = L.CreateTable(0, len(params))
		for _, name := range slices.Sorted(maps.Keys(params)) {
			c.params.RawSetString(name, lua.LString(params[name]))
		}
	}
	L.Push(lua.LString(c.Name))
	L.Push(c.gen.callValue(c))
	return 2, nil
}

// contentResult sets c.produced to the content of a resource that its read function has returned. The
// values are on the stack of L:
//
//	read returned               the content is
//	a string                    the string, as text
//	a number or a boolean       its text
//	{ text = ..., mime = ... }  the text
//	{ bytes = ..., mime = ... } the bytes
//	another table               its JSON, as text
//	nothing, or nil             none: there is no such resource
//	nil, "why"                  none: an error with that message
func (c *Call) contentResult(L *lua.LState, r *tool.Resource) (tool.Result, error) {
	content := tool.Content{MIME: r.MIME}
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
		if reason := L.Get(2); reason != lua.LNil {
			return errorResult(reason), nil
		}
		missing := tool.Failed(tool.ExternalClient, "there is no resource '%s'", c.Name)
		missing.Type = notFound
		return missing, nil
	case lua.LString:
		content.Text = string(v)
	case lua.LNumber, lua.LBool:
		plain, err := result(L)
		if err != nil {
			return tool.Result{}, err
		}
		content.Text = plain.Text
	case *lua.LTable:
		if err := readContent(&content, v); err != nil {
			return tool.Result{}, err
		}
	default:
		return tool.Result{}, fmt.Errorf("the content of a resource must be a string or a table, not %s", value.TypeName(v))
	}
	if n := max(len(content.Text), len(content.Bytes)); n > tool.MaxContent {
		return tool.Result{}, fmt.Errorf("the content has %d bytes; %d are allowed", n, tool.MaxContent)
	}
	if !utf8.ValidString(content.Text) {
		return tool.Result{}, fmt.Errorf("the content is not text, because its bytes are not UTF-8: return { bytes = ..., mime = ... }")
	}
	content.Text = c.gen.permit.Mask(content.Text)
	if content.Bytes != nil {
		content.Bytes = []byte(c.gen.permit.Mask(string(content.Bytes)))
	}
	c.produced = content
	return tool.Result{}, nil
}

// readContent sets the content from a table.
func readContent(content *tool.Content, t *lua.LTable) error {
	field := "bytes"
	v := t.RawGetString(field)
	if v == lua.LNil {
		field = "text"
		v = t.RawGetString(field)
	}
	if v == lua.LNil {
		text, err := value.Append(nil, t, tool.MaxContent)
		if err != nil {
			return fmt.Errorf("the content: %w", err)
		}
		content.Text = string(text)
		if content.MIME == "" {
			content.MIME = "application/json"
		}
		return nil
	}
	if err := value.CheckFields(t, []string{field, "mime"}); err != nil {
		return fmt.Errorf("the content, a table with %s: %w", field, err)
	}
	text, ok := v.(lua.LString)
	if !ok {
		return fmt.Errorf("the content: %s must be a string, not %s", field, value.TypeName(v))
	}
	mime, err := value.OptionalString(t, "mime")
	if err != nil {
		return fmt.Errorf("the content: %w", err)
	}
	if mime != "" {
		if err := tool.CheckMIME(mime); err != nil {
			return fmt.Errorf("the content: %w", err)
		}
		content.MIME = mime
	}
	if len(text) > tool.MaxContent {
		return fmt.Errorf("the content has %d bytes; %d are allowed", len(text), tool.MaxContent)
	}
	if field == "text" {
		content.Text = string(text)
	} else {
		content.Bytes = append([]byte{}, text...)
	}
	return nil
}

// pushPromptArgs pushes the arguments of the handler of a prompt, a table of strings and the call, onto
// the stack of L. It returns 2. The error is an argumentError.
func (c *Call) pushPromptArgs(L *lua.LState, p *tool.Prompt) (int, error) {
	args := make(map[string]string)
	if len(c.Args) > 0 {
		if err := json.Unmarshal(c.Args, &args); err != nil {
			return 0, argumentError{fmt.Errorf("the arguments are not an object of strings: %w", err)}
		}
	}
	if err := p.CheckArguments(args); err != nil {
		return 0, argumentError{err}
	}
	t := L.CreateTable(0, len(args))
	for _, name := range slices.Sorted(maps.Keys(args)) { // sorted, so that pairs has always the same order
		t.RawSetString(name, lua.LString(args[name]))
	}
	L.Push(t)
	L.Push(c.gen.callValue(c))
	return 2, nil
}

// promptResult sets c.produced to the messages that the handler of a prompt has returned. The values are
// on the stack of L:
//
//	the handler returned     the messages are
//	a string                 one message of the user
//	a list                   its items: strings, and tables { role = ..., text = ... }
//	nil, "why"               none: an error with that message
func (c *Call) promptResult(L *lua.LState) (tool.Result, error) {
	var messages []tool.PromptMessage
	switch v := L.Get(1).(type) {
	case lua.LString:
		messages = []tool.PromptMessage{{Role: "user", Text: string(v)}}
	case *lua.LTable:
		n := v.Len()
		if n == 0 || n > tool.MaxPromptMessages {
			return tool.Result{}, fmt.Errorf("a prompt must have 1 to %d messages, not %d", tool.MaxPromptMessages, n)
		}
		for i := 1; i <= n; i++ {
			m, err := readMessage(v.RawGetInt(i))
			if err != nil {
				return tool.Result{}, fmt.Errorf("message %d of the prompt: %w", i, err)
			}
			messages = append(messages, m)
		}
	default:
		if reason := L.Get(2); v == lua.LNil && reason != lua.LNil {
			return errorResult(reason), nil
		}
		return tool.Result{}, fmt.Errorf("a prompt must be a string or a list of messages, not %s", value.TypeName(v))
	}
	size := 0
	for i := range messages {
		text := messages[i].Text
		if len(text) <= tool.MaxPrompt {
			text = strings.ToValidUTF8(text, "\uFFFD") // may make it longer
		}
		if size += len(text); size > tool.MaxPrompt {
			return tool.Result{}, fmt.Errorf("the messages have more than %d bytes", tool.MaxPrompt)
		}
		messages[i].Text = c.gen.permit.Mask(text)
	}
	c.produced = messages
	return tool.Result{}, nil
}

// readMessage returns a message of a prompt.
func readMessage(v lua.LValue) (tool.PromptMessage, error) {
	m := tool.PromptMessage{Role: "user"}
	if text, ok := v.(lua.LString); ok {
		m.Text = string(text)
		return m, nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return m, fmt.Errorf("must be a string or a table such as { role = \"user\", text = ... }, not %s", value.TypeName(v))
	}
	if err := value.CheckFields(t, []string{"role", "text"}); err != nil {
		return m, err
	}
	role, err := value.OptionalString(t, "role")
	if err != nil {
		return m, err
	}
	if role != "" {
		m.Role = role
	}
	if !slices.Contains(tool.PromptRoles, m.Role) {
		return m, fmt.Errorf("role must be one of %s, not '%s'%s", strings.Join(tool.PromptRoles, ", "), m.Role, guess.DidYouMean(m.Role, tool.PromptRoles))
	}
	text, ok := t.RawGetString("text").(lua.LString)
	if !ok {
		return m, fmt.Errorf("text must be a string, not %s", value.TypeName(t.RawGetString("text")))
	}
	m.Text = string(text)
	return m, nil
}
