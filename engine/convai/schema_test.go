package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ElevenLabs' own descriptions of the protocol are not ours to distribute.
// They are looked for beside the repository; without them these tests are
// skipped.
const protocolFolder = "../../../shared/protocol"

func protocolFile(t *testing.T, name string) []byte {
	text, err := os.ReadFile(filepath.Join(protocolFolder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no %s in %s", name, protocolFolder)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An asyncAPI is one of the two descriptions.
type asyncAPI struct {
	file   string
	doc    any
	server map[string]string // what a server sends: the type, and where its schema is in doc
	client map[string]string
}

// The JavaScript SDK's description calls what the server sends "publish", the
// Swift SDK's what the client does.
var descriptions = []struct{ file, server, client string }{
	{"agent.asyncapi.yaml", "publish", "subscribe"},
	{"agent-server-models.asyncapi.yaml", "subscribe", "publish"},
}

func loadDescriptions(t *testing.T) []asyncAPI {
	var all []asyncAPI
	for _, d := range descriptions {
		var doc any
		if err := yaml.Unmarshal(protocolFile(t, d.file), &doc); err != nil {
			t.Fatal(err)
		}
		a := asyncAPI{file: d.file, doc: doc}
		for _, channel := range at(doc, "channels").(map[string]any) {
			a.server = a.messages(t, at(channel, d.server, "message", "oneOf"))
			a.client = a.messages(t, at(channel, d.client, "message", "oneOf"))
		}
		all = append(all, a)
	}
	return all
}

// messages resolves references to messages into types and their schemas.
func (a asyncAPI) messages(t *testing.T, refs any) map[string]string {
	found := map[string]string{}
	for _, ref := range refs.([]any) {
		message := a.resolve(at(ref, "$ref"))
		schema := at(message, "payload", "$ref").(string)
		properties := at(a.resolve(schema), "properties")
		name := userAudioChunk
		if constant, ok := at(properties, "type", "const").(string); ok {
			name = constant
		} else if literal, ok := at(properties, "type", "x-fern-type").(string); ok {
			name = strings.TrimSuffix(strings.TrimPrefix(literal, `literal<"`), `">`)
		} else if at(properties, userAudioChunk) == nil {
			t.Fatalf("%s: %s says no type", a.file, schema)
		}
		found[name] = schema
	}
	return found
}

func (a asyncAPI) resolve(ref any) any {
	return at(a.doc, strings.Split(strings.TrimPrefix(ref.(string), "#/"), "/")...)
}

// at goes down a document; nil when there is no such place.
func at(doc any, path ...string) any {
	for _, key := range path {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	return doc
}

func TestEveryMessageElevenLabsDescribesHasAGoType(t *testing.T) {
	for _, a := range loadDescriptions(t) {
		if len(a.server) < 15 || len(a.client) < 8 {
			t.Fatalf("%s: found only %d and %d messages", a.file, len(a.server), len(a.client))
		}
		for name := range a.server {
			if serverTable[name] == nil {
				t.Errorf("%s: no Go type for the server's %s", a.file, name)
			}
		}
		for name := range a.client {
			if clientTable[name] == nil {
				t.Errorf("%s: no Go type for the client's %s", a.file, name)
			}
		}
	}
}

func TestEveryEventElevenLabsNamesIsKnown(t *testing.T) {
	names, _ := at(loadDescriptions(t)[0].doc, "components", "schemas", "ClientEvent", "enum").([]any)
	var rest any
	if err := json.Unmarshal(protocolFile(t, "rest.openapi.json"), &rest); err != nil {
		t.Fatal(err)
	}
	more, _ := at(rest, "components", "schemas", "ClientEvent", "enum").([]any)
	if len(names) < 20 || len(more) < 20 {
		t.Fatalf("found only %d and %d events", len(names), len(more))
	}
	for _, name := range append(names, more...) {
		if !slices.Contains(KnownServerTypes(), name.(string)) {
			t.Errorf("%s is not known", name)
		}
	}
}

// refused are the golden frames that a description refuses although servers or
// clients send them, and why they are right all the same.
var refused = map[string]string{
	"agent.asyncapi.yaml server_mcp_tool_call.json":          closedTwice,
	"agent.asyncapi.yaml server_mcp_tool_call.approval.json": closedTwice,
	"agent.asyncapi.yaml server_mcp_tool_call.success.json":  closedTwice,
	"agent.asyncapi.yaml server_mcp_tool_call.nothing.json":  closedTwice,
	"agent.asyncapi.yaml server_mcp_tool_call.failure.json":  closedTwice,

	"agent-server-models.asyncapi.yaml server_client_tool_call.not_said.json": "expects_response is newer than many servers; the other description does not have it",
	"agent-server-models.asyncapi.yaml server_agent_tool_request.short.json":  "the other description has only the first four members",
	"agent-server-models.asyncapi.yaml client_feedback.cleared.json":          "its own text says that null clears, which its enum of strings forgets; the other description has it",
}

const closedTwice = "both halves of an allOf forbid what the other one requires, so nothing at all fits"

func TestGoldenFramesFitTheSchemasOfElevenLabs(t *testing.T) {
	checked := map[string]bool{}
	for _, a := range loadDescriptions(t) {
		compiler := jsonschema.NewCompiler()
		compiler.DefaultDraft(jsonschema.Draft7)
		if err := compiler.AddResource(a.file, a.doc); err != nil {
			t.Fatal(err)
		}
		for _, g := range goldens(t) {
			frame, err := g.parse()
			if err != nil {
				t.Fatalf("%s: %v", g.name, err)
			}
			place, described := a.client[frame.Type]
			if g.server {
				place, described = a.server[frame.Type]
			}
			if !described {
				continue
			}
			checked[frame.Type] = true
			schema, err := compiler.Compile(a.file + place)
			if err != nil {
				t.Fatal(err)
			}
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(g.frame))
			if err != nil {
				t.Fatal(err)
			}
			reason, exception := refused[a.file+" "+g.name]
			switch err := schema.Validate(instance); {
			case err != nil && !exception:
				t.Errorf("%s: %s: %v", a.file, g.name, err)
			case err == nil && exception:
				t.Errorf("%s: %s fits after all, against what we say: %s", a.file, g.name, reason)
			}
		}
	}
	undescribed := []string{"enclave_setup_config"} // the source of this one is elevenlabs-python
	for _, k := range append(append([]kind(nil), serverKinds...), clientKinds...) {
		if checked[k.name] == slices.Contains(undescribed, k.name) {
			t.Errorf("%s: checked against a schema: %v", k.name, checked[k.name])
		}
	}
}
