package connect

import (
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/convai"
)

func TestEachSettingHasItsPlaceInTheFirstMessage(t *testing.T) {
	for _, row := range []struct{ name, settings, want string }{
		{"settings that are not set are not sent", `{}`, `{"type":"conversation_initiation_client_data"}`},
		{
			"one override", `{"language":"fr"}`,
			`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"language":"fr"}}}`,
		},
		{
			"only the model", `{"llm":"small"}`,
			`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"prompt":{"llm":"small"}}}}`,
		},
		{"no override", `{"user_id":"u"}`, `{"type":"conversation_initiation_client_data","user_id":"u"}`},
		{
			"every setting", `{
				"prompt":"be kind","first_message":"","language":"de","llm":"small","tool_ids":["tool_1"],
				"voice_id":"v","model_id":"m","stability":0,"speed":1.2,"similarity_boost":1,
				"keywords":["moon"],"soft_timeout_message":"hm","max_duration_message":"bye",
				"text_only":false,"max_duration_seconds":60,"client_events":["ping"],
				"user_id":"u","branch_id":"b","environment":"staging","starting_workflow_node_id":"n",
				"dynamic_variables":{"name":"Ann","n":1.5,"yes":true,"list":["a",2]},
				"custom_llm_extra_body":{"deep":{"er":[1,2]}}}`,
			`{"type":"conversation_initiation_client_data",
				"conversation_config_override":{
					"agent":{"prompt":{"prompt":"be kind","llm":"small","tool_ids":["tool_1"]},"first_message":"","language":"de",
						"max_conversation_duration_message":"bye"},
					"tts":{"voice_id":"v","model_id":"m","stability":0,"speed":1.2,"similarity_boost":1},
					"asr":{"keywords":["moon"]},
					"turn":{"soft_timeout_config":{"message":"hm"}},
					"conversation":{"text_only":false,"max_duration_seconds":60,"client_events":["ping"]}},
				"user_id":"u","branch_id":"b","environment":"staging","starting_workflow_node_id":"n",
				"dynamic_variables":{"name":"Ann","n":1.5,"yes":true,"list":["a",2]},
				"custom_llm_extra_body":{"deep":{"er":[1,2]}}}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			settings, err := agentsettings.Parse([]byte(row.settings))
			if err != nil {
				t.Fatal(err)
			}
			frame, err := convai.Marshal(Initiation(settings))
			if err != nil {
				t.Fatal(err)
			}
			checkJSON(t, string(frame), row.want)
		})
	}
}
