session = {}

---Sends a user message.
---@param text string
---@return true? sent
---@return string? reason why it was not sent
function session.send(text) end

---Sends a file that was uploaded to the conversation.
---@param id string
---@param text? string
---@return true? sent
---@return string? reason why it was not sent
function session.send_file(id, text) end

---Tells the agent something. The agent does not answer it.
---@param text string
---@param id? string a later text with the same id replaces this one
---@return true? sent
---@return string? reason why it was not sent
function session.context(text, id) end

---Tells the agent that the user is present.
---@return true? sent
---@return string? reason why it was not sent
function session.activity() end

---Says what the user thinks of a response.
---@param event_id integer
---@param score? "like"|"dislike" nil withdraws an earlier one
---@return true? sent
---@return string? reason why it was not sent
function session.feedback(event_id, score) end

---Allows or refuses an MCP tool call of the agent.
---@param call_id string
---@param approved boolean
---@return true? sent
---@return string? reason why it was not sent
function session.approve(call_id, approved) end

---@class moonlark.Start: moonlark.Agent
---@field preroll? boolean also sends the sound that the microphone recorded just before, and until the agent is connected

---Asks for a conversation. Works when the program runs with --wait.
---@param settings? moonlark.Start
---@return true? asked
---@return string? reason why there will be no conversation
function session.start(settings) end

---Returns the state of the conversation. It is "waiting" before the first conversation, and if the script runs without an agent.
---@return "waiting"|"connecting"|"connected"|"reconnecting"|"ended"
function session.status() end

---Runs fn when nobody has said anything, and no tool has run, for that time. Works only while the script loads.
---@param seconds number
---@param fn fun(seconds: number)
function session.on_idle(seconds, fn) end

---Tells the agent the text that fn returns, after a lost conversation has been replaced by a new one.
---Works only while the script loads.
---@param fn fun(): string?
function session.resume_context(fn) end

---Ends the conversation after the results of running calls have been sent.
function session.stop() end

---Sets the volume of all sound.
---@param v number from 0 to 1
---@return true? done
---@return string? reason why it was not done
function session.volume(v) end

---Switches the microphone off and on.
---@param muted boolean
---@return true? done
---@return string? reason why it was not done
function session.mute(muted) end

---Decides whether the agent hears the microphone or silence.
---@param listening boolean
---@return true? done
---@return string? reason why it was not done
function session.listen(listening) end
