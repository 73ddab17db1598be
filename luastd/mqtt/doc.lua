mqtt = {}

---@class moonlark.MQTTOptions
---@field user? string
---@field password? string|secret
---@field client_id? string default: a name for this machine and this script, which stays the same
---@field keepalive? number seconds after which a silent connection is tested, 1 to 600, default 30
---@field version? 4|5 of the protocol; 4 is MQTT 3.1.1. Default: 5, and 4 if the broker knows only that
---@field clean? boolean false: the broker keeps the session, with subscriptions and messages, for the time in session
---@field session? integer seconds, default 3600, with clean = false
---@field will? { topic: string, payload?: any, qos?: 0|1|2, retain?: boolean, delay?: number } what the broker sends when the connection is lost
---@field status? string a topic that has the message "online" or "offline"
---@field tls? boolean|moonlark.TLSOptions
---@field max_message? integer maximal length of a received message, in bytes, default 1048576, at most 16777216
---@field timeout? number seconds for connecting, and for an answer to a message, default 10

---@class moonlark.MQTTPlace: moonlark.MQTTOptions
---@field url? string
---@field host? string
---@field port? integer default 1883, with tls 8883

---Connects to an MQTT broker. Returns at once, and connects again whenever the connection has ended. May be called while the script loads.
---@param url string begins with mqtt://, mqtts://, ws:// or wss://
---@param options? moonlark.MQTTOptions
---@return moonlark.MQTTClient? client
---@return string? reason
---@return string? code "busy" if another script of this program uses the client id
---@overload fun(options: moonlark.MQTTPlace): moonlark.MQTTClient?, string?, string?
function mqtt.connect(url, options) end

---Returns what the wildcards + and # of the filter stand for in the topic, or nil if it does not match.
---@param filter string
---@param topic string
---@return string[]?
function mqtt.match(filter, topic) end

---@class moonlark.MQTTMessage
---@field topic string
---@field payload string
---@field qos 0|1|2
---@field retained boolean the broker had kept the message
---@field levels string[] what + and # of the filter stand for
---@field content_type? string
---@field response_topic? string where a reply is expected
---@field correlation? string
---@field user table<string, string> more fields of the sender
local MQTTMessage = {}

---Returns the payload, which must be JSON.
---@return any value
---@return string? reason
---@return string? code "invalid"
function MQTTMessage:json() end

---Answers a request. Waits until the broker has the reply if the request had QoS 1 or 2.
---@param payload any
---@return true?
---@return string? reason "queued" if there is no connection now
---@return string? code "unsupported" if the message does not ask for a reply; else as for publish
function MQTTMessage:reply(payload) end

---@class moonlark.MQTTPublishOptions
---@field qos? 0|1|2 default 0
---@field retain? boolean true: the broker keeps the message for later subscribers
---@field expiry? integer seconds after which the broker drops the message
---@field content_type? string
---@field response_topic? string
---@field correlation? string
---@field user? table<string, string|number>

---@class moonlark.MQTTRequestOptions: moonlark.MQTTPublishOptions
---@field timeout? number seconds, default that of the client

---@class moonlark.MQTTClient
---@field id string the client id
---@field url string without user and password
local MQTTClient = {}

---Publishes a message. With QoS 1 and 2, waits until the broker has it.
---@param topic string
---@param payload any a table becomes JSON; nil is an empty message
---@param options? moonlark.MQTTPublishOptions
---@return true?
---@return string? reason "queued" after true: there is no connection now, and the message is sent later
---@return string? code "offline" (only QoS 0), "busy", "timeout", "denied", "too_large", "unsupported", "expired", "failed" or "closed"
function MQTTClient:publish(topic, payload, options) end

---Subscribes to messages. May be called while the script loads.
---@param filter string|string[]
---@param options? { qos?: 0|1|2, retained?: boolean, no_local?: boolean }
---@param fn? fun(msg: moonlark.MQTTMessage)
---@return moonlark.MQTTSubscription? subscription
---@return string? reason
---@return string? code "closed"
---@overload fun(self: moonlark.MQTTClient, filter: string|string[], fn: fun(msg: moonlark.MQTTMessage)): moonlark.MQTTSubscription?
function MQTTClient:subscribe(filter, options, fn) end

---Publishes a message and waits for the reply. Needs MQTT 5.
---@param topic string
---@param payload any
---@param options? moonlark.MQTTRequestOptions
---@return moonlark.MQTTMessage? reply
---@return string? reason
---@return string? code "timeout", "offline", "unsupported", "busy" or "closed"
function MQTTClient:request(topic, payload, options) end

---Waits for the connection.
---@param timeout? number seconds, default that of the client
---@return true?
---@return string? reason
---@return string? code why the last attempt has failed, such as "refused" or "denied"; or "timeout" or "closed"
function MQTTClient:wait(timeout) end

---Reports whether there is a connection.
---@return boolean
function MQTTClient:connected() end

---Calls fn when the client has connected or lost its connection. "connect" is also called for the connection that there is already.
---@param event "connect"|"disconnect"
---@param fn fun(info: { version?: 4|5, resumed?: boolean, reason?: string, code?: string })
function MQTTClient:on(event, fn) end

---Sends what waits, and disconnects. Does not wait.
---@return true
function MQTTClient:close() end

---Shows a device in Home Assistant. May be called while the script loads.
---@param device { name: string, id?: string, model?: string, manufacturer?: string, area?: string, prefix?: string }
---@return moonlark.MQTTDevice
function MQTTClient:home_assistant(device) end

---@class moonlark.MQTTSubscription
local MQTTSubscription = {}

---Waits for the next message.
---@param timeout? number seconds, 0 to 600; default: no limit
---@return moonlark.MQTTMessage? msg
---@return string? reason
---@return string? code "timeout", "closed" or "denied"
function MQTTSubscription:receive(timeout) end

---Returns an iterator of the messages: for msg in subscription:messages() do ... end. It ends when the subscription is closed.
---@return fun(): moonlark.MQTTMessage?
function MQTTSubscription:messages() end

---Ends the subscription.
---@return true
function MQTTSubscription:close() end

---@class moonlark.MQTTDevice
---@field id string
local MQTTDevice = {}

---@class moonlark.MQTTEntitySpec
---@field id string letters, digits, _ and -
---@field name? string default: the id
---@field icon? string such as "mdi:thermometer"
---@field class? string the device class of Home Assistant, such as "temperature"
---@field category? "config"|"diagnostic"

---@class moonlark.MQTTSensorSpec: moonlark.MQTTEntitySpec
---@field unit? string
---@field state_class? "measurement"|"total"|"total_increasing"
---@field expire? number seconds without a new value after which the state is unknown
---@field precision? integer digits behind the decimal point

---@class moonlark.MQTTSwitchSpec: moonlark.MQTTEntitySpec
---@field on_command? fun(on: boolean, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTLightSpec: moonlark.MQTTEntitySpec
---@field brightness? boolean
---@field color? boolean
---@field on_command? fun(command: { state: boolean, brightness?: number, color?: number[] }, entity: moonlark.MQTTEntity) brightness 0 to 1, color three numbers 0 to 255

---@class moonlark.MQTTButtonSpec: moonlark.MQTTEntitySpec
---@field on_press? fun(entity: moonlark.MQTTEntity)

---@class moonlark.MQTTNumberSpec: moonlark.MQTTEntitySpec
---@field min? number
---@field max? number
---@field step? number
---@field unit? string
---@field mode? "auto"|"box"|"slider"
---@field on_command? fun(n: number, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTSelectSpec: moonlark.MQTTEntitySpec
---@field options string[]
---@field on_command? fun(option: string, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTTextSpec: moonlark.MQTTEntitySpec
---@field min? integer
---@field max? integer
---@field pattern? string
---@field mode? "text"|"password"
---@field on_command? fun(text: string, entity: moonlark.MQTTEntity)

---@class moonlark.MQTTEventSpec: moonlark.MQTTEntitySpec
---@field events string[]

---Adds a value that Home Assistant shows, such as a temperature.
---@param spec moonlark.MQTTSensorSpec
---@return moonlark.MQTTEntity
function MQTTDevice:sensor(spec) end

---Adds a value that is on or off, such as a door contact.
---@param spec moonlark.MQTTSensorSpec
---@return moonlark.MQTTEntity
function MQTTDevice:binary_sensor(spec) end

---Adds a switch that people can turn on and off in Home Assistant.
---@param spec moonlark.MQTTSwitchSpec
---@return moonlark.MQTTEntity
function MQTTDevice:switch(spec) end

---Adds a light.
---@param spec moonlark.MQTTLightSpec
---@return moonlark.MQTTEntity
function MQTTDevice:light(spec) end

---Adds a button that people can press in Home Assistant.
---@param spec moonlark.MQTTButtonSpec
---@return moonlark.MQTTEntity
function MQTTDevice:button(spec) end

---Adds a number that people can set in Home Assistant.
---@param spec moonlark.MQTTNumberSpec
---@return moonlark.MQTTEntity
function MQTTDevice:number(spec) end

---Adds a list of options of which people can choose one in Home Assistant.
---@param spec moonlark.MQTTSelectSpec
---@return moonlark.MQTTEntity
function MQTTDevice:select(spec) end

---Adds a text that people can enter in Home Assistant.
---@param spec moonlark.MQTTTextSpec
---@return moonlark.MQTTEntity
function MQTTDevice:text(spec) end

---Adds a source of events, such as a doorbell.
---@param spec moonlark.MQTTEventSpec
---@return moonlark.MQTTEntity
function MQTTDevice:event(spec) end

---Adds an entity of another platform of Home Assistant.
---@param platform string such as "cover"
---@param fields table the fields of Home Assistant's discovery, and id and on_command
---@return moonlark.MQTTEntity
function MQTTDevice:entity(platform, fields) end

---Makes Home Assistant forget the device.
---@return true
function MQTTDevice:remove() end

---@class moonlark.MQTTEntity
---@field id string
local MQTTEntity = {}

---Sets the state that Home Assistant shows. Does not wait.
---@param state any a boolean for switches, lights and binary sensors; { state, brightness, color } for lights; nil: unknown
---@param attributes? table
---@return true
function MQTTEntity:set(state, attributes) end

---Tells Home Assistant that an event has happened. Does not wait.
---@param event string one of the events of the entity
---@param fields? table
---@return true?
---@return string? reason
---@return string? code "offline", "busy" or "closed"
function MQTTEntity:fire(event, fields) end
