-- The events that on receives. This file is made from engine/bus: go test ./engine/bus -update

---The conversation has begun.
---@class moonlark.event.conversation_initiation_metadata: moonlark.Event
---@field type "conversation_initiation_metadata"
---@field conversation_id string
---@field agent_output_audio_format string format of the agent's sound, such as pcm_16000
---@field user_input_audio_format string

---What the user has said.
---@class moonlark.event.user_transcript: moonlark.Event
---@field type "user_transcript"
---@field user_transcript string
---@field event_id integer

---What has been recognised so far, while the user speaks; it may change.
---@class moonlark.event.tentative_user_transcript: moonlark.Event
---@field type "tentative_user_transcript"
---@field user_transcript string
---@field event_id integer

---What the agent is about to say.
---@class moonlark.event.agent_response: moonlark.Event
---@field type "agent_response"
---@field agent_response string
---@field event_id integer

---The user has interrupted the agent.
---@class moonlark.event.agent_response_correction: moonlark.Event
---@field type "agent_response_correction"
---@field original_agent_response string what the agent was about to say
---@field corrected_agent_response string what it has said
---@field event_id integer

---A piece of what the agent says, as it arrives.
---@class moonlark.event.agent_chat_response_part: moonlark.Event
---@field type "agent_chat_response_part"
---@field text string
---@field part "start"|"delta"|"stop" start, delta or stop
---@field event_id integer

---The whole text of a response has been generated.
---@class moonlark.event.agent_response_complete: moonlark.Event
---@field type "agent_response_complete"
---@field event_id integer

---Data that a language model of your own has added to its response.
---@class moonlark.event.agent_response_metadata: moonlark.Event
---@field type "agent_response_metadata"
---@field metadata table
---@field event_id integer

---A piece of the reasoning of the language model before it responds.
---@class moonlark.event.agent_reasoning_response_part: moonlark.Event
---@field type "agent_reasoning_response_part"
---@field text string
---@field part "start"|"delta"|"stop" start, delta or stop
---@field event_id string

---The user has interrupted the agent.
---@class moonlark.event.interruption: moonlark.Event
---@field type "interruption"
---@field event_id integer sound with this number or a smaller one is not played any more

---Sound of the agent.
---@class moonlark.event.audio: moonlark.Event
---@field type "audio"
---@field audio string the bytes, decoded
---@field event_id integer
---@field alignment? { chars: string[], char_start_times_ms: integer[], char_durations_ms: integer[] } the time of each character, in milliseconds from the beginning of the sound
---@field is_final boolean true if the response ends with this sound

---How probable it is that the user speaks.
---@class moonlark.event.vad_score: moonlark.Event
---@field type "vad_score"
---@field vad_score number from 0 to 1

---The server measures the connection; Moonlark has answered already.
---@class moonlark.event.ping: moonlark.Event
---@field type "ping"
---@field event_id integer
---@field ping_ms? integer how long an answer takes, as the server thinks

---The agent calls a tool of the scripts; Moonlark runs it.
---@class moonlark.event.client_tool_call: moonlark.Event
---@field type "client_tool_call"
---@field tool_name string
---@field tool_call_id string
---@field parameters table the arguments
---@field event_id integer
---@field expects_response? boolean whether the agent waits for the result

---The agent calls a tool of any kind.
---@class moonlark.event.agent_tool_request: moonlark.Event
---@field type "agent_tool_request"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field event_id integer
---@field expects_response? boolean
---@field disable_interruptions? boolean
---@field response_timeout_secs? integer
---@field execution_mode "immediate"|"post_tool_speech"|"async"|nil

---A tool of any kind has a result.
---@class moonlark.event.agent_tool_response: moonlark.Event
---@field type "agent_tool_response"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field is_error boolean
---@field is_blocked? boolean
---@field is_called boolean whether the call was started
---@field event_id integer

---The same, with the result.
---@class moonlark.event.agent_tool_response_full_payload: moonlark.Event
---@field type "agent_tool_response_full_payload"
---@field tool_name string
---@field tool_call_id string
---@field tool_type string such as client, webhook, mcp or system
---@field is_error boolean
---@field is_blocked? boolean
---@field is_called boolean whether the call was started
---@field event_id integer
---@field full_tool_result string the result, or its first 64 KB
---@field truncated? boolean

---The call of a tool on an MCP server has a new state.
---@class moonlark.event.mcp_tool_call: moonlark.Event
---@field type "mcp_tool_call"
---@field tool_name string
---@field tool_call_id string
---@field service_id string
---@field tool_description? string
---@field parameters table the arguments
---@field timestamp? string
---@field state "loading"|"awaiting_approval"|"success"|"failure" see session.approve
---@field approval_timeout_secs? integer how long the server waits for session.approve
---@field result? table[] with the state success
---@field error_message? string with the state failure

---Which MCP servers of the agent are connected.
---@class moonlark.event.mcp_connection_status: moonlark.Event
---@field type "mcp_connection_status"
---@field integrations { integration_id: string, integration_type: string, is_connected: boolean, tool_count: integer }[] the MCP servers of the agent

---The conversation has violated a guardrail of the agent.
---@class moonlark.event.guardrail_triggered: moonlark.Event
---@field type "guardrail_triggered"
---@field guardrail_name? string

---How much of its context the language model has used for a turn.
---@class moonlark.event.context_usage: moonlark.Event
---@field type "context_usage"
---@field event_id integer
---@field model string
---@field context_tokens integer
---@field context_limit_tokens integer

---Content to show on a screen.
---@class moonlark.event.rich_content: moonlark.Event
---@field type "rich_content"
---@field rich_content_id string
---@field component string the kind of content
---@field props table the content
---@field event_id integer

---A person who has replaced the agent starts or stops typing.
---@class moonlark.event.agent_typing: moonlark.Event
---@field type "agent_typing"
---@field is_typing boolean
---@field duration_ms? integer how long to show that somebody types

---A person talks to the user in place of the agent.
---@class moonlark.event.external_agent_connected: moonlark.Event
---@field type "external_agent_connected"

---The person has left, and the agent talks to the user again.
---@class moonlark.event.external_agent_disconnected: moonlark.Event
---@field type "external_agent_disconnected"

---The agent asks for tones of a telephone keypad.
---@class moonlark.event.dtmf_request: moonlark.Event
---@field type "dtmf_request"
---@field [string] any

---Speech recognition has started.
---@class moonlark.event.asr_initiation_metadata: moonlark.Event
---@field type "asr_initiation_metadata"
---@field [string] any

---How probable it is that the user has finished speaking; internal to ElevenLabs.
---@class moonlark.event.internal_turn_probability: moonlark.Event
---@field type "internal_turn_probability"
---@field turn_probability number from 0 to 1

---What the agent will perhaps say; internal to ElevenLabs.
---@class moonlark.event.internal_tentative_agent_response: moonlark.Event
---@field type "internal_tentative_agent_response"
---@field tentative_agent_response string

---The server reports an error, usually before it closes the conversation.
---@class moonlark.event.error: moonlark.Event
---@field type "error"
---@field code? integer the close code that will follow, if the server says it
---@field message? string
---@field error_type? string such as override_error
---@field reason? string
---@field debug_message? string
---@field details? table

---The same, from some servers.
---@class moonlark.event.client_error: moonlark.Event
---@field type "client_error"
---@field code integer
---@field error_name string
---@field message? string

---The state of the agent's life has changed.
---@class moonlark.event.status: moonlark.Event
---@field type "status"
---@field status "waiting"|"connecting"|"connected"|"reconnecting"|"ended" as session.status returns it
---@field reason string why the conversation ended or could not begin; or ""

---A conversation replaces one that was cut short.
---@class moonlark.event.reconnected: moonlark.Event
---@field type "reconnected"
---@field conversation_id string

---Nobody has said anything, and no tool has run; sent each second.
---@class moonlark.event.idle: moonlark.Event
---@field type "idle"
---@field seconds number for how long

---The sound of a reply begins to play.
---@class moonlark.event.speaking: moonlark.Event
---@field type "speaking"
---@field event_id integer

---Words of a reply have been heard; only if the agent sends the time of each character.
---@class moonlark.event.spoken: moonlark.Event
---@field type "spoken"
---@field event_id integer
---@field text string the words

---The sound of a reply has ended.
---@class moonlark.event.silent: moonlark.Event
---@field type "silent"
---@field event_id integer
---@field interrupted boolean true if the user has interrupted the reply

---How loud the microphone and the speaker are, 10 times a second while there is a microphone.
---@class moonlark.event.level: moonlark.Event
---@field type "level"
---@field level number of the microphone in dBFS, from -96 to 0
---@field speaker number level of the speaker, likewise
---@field voice boolean true while somebody speaks

---Somebody has said a wake word (--wake).
---@class moonlark.event.wake: moonlark.Event
---@field type "wake"
---@field word string
---@field score? number from 0 to 1, if the recogniser reports it

---Session.listen or the space bar has changed whether the agent hears the microphone.
---@class moonlark.event.listening: moonlark.Event
---@field type "listening"
---@field listening boolean

---A tool has a result, but its conversation was over before it could be sent.
---@class moonlark.event.orphaned_result: moonlark.Event
---@field type "orphaned_result"
---@field conversation_id string
---@field tool_call_id string
---@field tool_name string
---@field result string
---@field is_error boolean

---A job of a tool with job = true has its result; only the script of the tool receives it.
---@class moonlark.event.job_done: moonlark.Event
---@field type "job_done"
---@field tool string
---@field id string that of the job
---@field args table the arguments of the job
---@field result string
---@field is_error boolean

---A page that shows the screen of the kiosk has come or gone, or has begun or ceased to carry the sound.
---@class moonlark.event.screen: moonlark.Event
---@field type "screen"
---@field action "came"|"went"|"sound_on"|"sound_off" sound_off also if the page has lost its microphone
---@field pages integer how many are open now
---@field width integer in pixels
---@field height integer
---@field touch boolean true if the page has a touch screen
---@field sound boolean true if the page carries the sound (--mic browser, --speaker browser)

---Somebody has touched the screen of the kiosk.
---@class moonlark.event.touch: moonlark.Event
---@field type "touch"
---@field id string the id of the button or its block, or ""
---@field action "press"|"choose"|"dismiss"|"wake" see [screen](../screen/manual.md)
---@field value string the value of the button, or its text

---A bundle of scripts has come into another phase (--fleet-store).
---@class moonlark.event.fleet: moonlark.Event
---@field type "fleet"
---@field phase "ready"|"trial"|"good"|"back"|"refused"
---@field fleet string the fleet of the bundle, or ""
---@field version integer
---@field reason string why the bundle is not used; or ""
