package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"moonlark/engine/tool"
)

// maxArgumentFile is the maximal size of a file with the arguments of a tool, in bytes.
const maxArgumentFile = 8 << 20

// callArguments are the arguments of a tool as they are on the command line.
type callArguments struct {
	json  []byte // a JSON text; nil if there is none
	pairs []pair // each sets one argument; they replace those in json
}

// A pair is a word of the form NAME=VALUE.
type pair struct{ name, value string }

// parseCallArguments reads the words after the name of the tool: at most one JSON text, as a word, as
// @FILE or as "-" for stdin, and pairs.
func parseCallArguments(words []string, stdin io.Reader) (callArguments, error) {
	var args callArguments
	for _, word := range words {
		if args.json != nil && (word == "-" || strings.HasPrefix(word, "@")) {
			return callArguments{}, errSecondJSON(word)
		}
		text, err := jsonWord(word, stdin)
		if err != nil {
			return callArguments{}, err
		}
		if text == nil {
			name, value, ok := strings.Cut(word, "=")
			if !ok || name == "" {
				return callArguments{}, fmt.Errorf("%s: not JSON, and not NAME=VALUE", word)
			}
			args.pairs = append(args.pairs, pair{name, value})
			continue
		}
		if args.json != nil {
			return callArguments{}, errSecondJSON(word)
		}
		args.json = text
	}
	return args, nil
}

func errSecondJSON(word string) error {
	return fmt.Errorf("%s: only one JSON text can be given", word)
}

// jsonWord returns the JSON text that a word contains, or that is in the file or the stdin that the
// word names. It returns nil if the word is meant to be a pair.
func jsonWord(word string, stdin io.Reader) ([]byte, error) {
	text, from := []byte(word), word
	switch {
	case strings.TrimSpace(word) == "":
		return []byte("{}"), nil
	case word == "-":
		var err error
		if text, err = readLimited(stdin); err != nil {
			return nil, fmt.Errorf("stdin: %w", err)
		}
		from = "stdin"
	case strings.HasPrefix(word, "@"):
		from = word[1:]
		file, err := os.Open(from)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if text, err = readLimited(file); err != nil {
			return nil, fmt.Errorf("%s: %w", from, err)
		}
	case !strings.HasPrefix(strings.TrimSpace(word), "{") && !json.Valid(text):
		return nil, nil
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("%s: not JSON", from)
	}
	return text, nil
}

func readLimited(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxArgumentFile+1))
	if err == nil && len(text) > maxArgumentFile {
		err = fmt.Errorf("longer than %d bytes", maxArgumentFile)
	}
	return bytes.TrimPrefix(text, []byte("\uFEFF")), err
}

// object returns the arguments as JSON for the tool that spec describes. spec is nil if there is no
// such tool.
func (a callArguments) object(spec *tool.Spec) (json.RawMessage, error) {
	if len(a.pairs) == 0 {
		if a.json == nil {
			return json.RawMessage("{}"), nil
		}
		return a.json, nil
	}
	fields := make(map[string]json.RawMessage)
	if a.json != nil {
		if err := json.Unmarshal(a.json, &fields); err != nil || fields == nil {
			return nil, errors.New("only a JSON object can be given together with NAME=VALUE")
		}
	}
	for _, p := range a.pairs {
		var schema *tool.Schema
		if spec != nil && spec.Parameters != nil {
			schema = spec.Parameters.Property(p.name)
		}
		fields[p.name] = typedValue(schema, p.value)
	}
	return json.Marshal(fields)
}

// typedValue returns the JSON for the value of a pair. schema is the schema of the parameter, or nil
// if the tool does not declare it. If the type of the parameter is not string, a value that is
// valid JSON, or a number in another notation, is used as JSON. Every other value becomes a JSON
// string. The tool refuses the call if the string does not fit the parameter.
func typedValue(schema *tool.Schema, value string) json.RawMessage {
	if schema != nil && schema.Type != "string" {
		if text := strings.TrimSpace(value); json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
		if number, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && (schema.Type == "number" || schema.Type == "integer") {
			if text, err := json.Marshal(number); err == nil { // not for infinity
				return text
			}
		}
	}
	text, _ := json.Marshal(value) // cannot fail
	return text
}
