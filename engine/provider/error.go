package provider

import (
	"encoding/json"
	"fmt"
	"strings"
)

// ParseError returns the message and the code in the body of an error. Servers have many forms of
// it.
func ParseError(body []byte) (text, code string) {
	trimmed := strings.TrimSpace(string(body))
	if strings.HasPrefix(trimmed, "[") { // Gemini has a list of one error
		var list []json.RawMessage
		if json.Unmarshal(body, &list) == nil && len(list) > 0 {
			body = list[0]
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		if strings.HasPrefix(trimmed, "<") {
			return "", "" // a web page
		}
		return trimmed, ""
	}
	for _, key := range []string{"error", "detail", "message", "err_msg"} {
		if text := MessageIn(fields[key]); text != "" {
			return text, codeIn(fields[key], fields["code"])
		}
	}
	return trimmed, ""
}

// MessageIn returns the message in a field error, which is a string or an object. It returns "" if
// the field is missing, null or empty.
func MessageIn(field json.RawMessage) string {
	var text string
	if len(field) == 0 || string(field) == "null" || json.Unmarshal(field, &text) == nil {
		return text
	}
	var object struct {
		Message string `json:"message"`
		Msg     string `json:"msg"`
	}
	if json.Unmarshal(field, &object) == nil && object.Message+object.Msg != "" {
		return object.Message + object.Msg
	}
	// FastAPI lists what is wrong with the request. The rest of the list repeats the request.
	var list []struct {
		Msg string `json:"msg"`
		Loc []any  `json:"loc"`
	}
	var texts []string
	json.Unmarshal(field, &list) // stays empty if field is something else
	for _, item := range list {
		var place []string
		for _, part := range item.Loc {
			place = append(place, fmt.Sprint(part))
		}
		texts = append(texts, strings.TrimPrefix(strings.Join(place, ".")+": "+item.Msg, ": "))
	}
	return strings.Join(texts, "; ")
}

// codeIn returns the code of an error: the field code or type of the object in field, or the code
// beside it.
func codeIn(field, beside json.RawMessage) string {
	var object struct {
		Code, Type json.RawMessage
	}
	json.Unmarshal(field, &object) // stays empty if field is a string
	for _, candidate := range []json.RawMessage{object.Code, object.Type, beside} {
		var code string
		if json.Unmarshal(candidate, &code) == nil && code != "" {
			return code
		}
	}
	return ""
}
