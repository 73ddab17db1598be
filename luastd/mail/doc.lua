mail = {}

---@class MailAttachment
---@field name? string name of the file; that of the file by default
---@field data? string the content
---@field file? string path of the file with the content
---@field type? string such as "image/png"; by the name by default

---@class Mail
---@field server string such as "smtp://mail.example.com:587" or "smtps://mail.example.com"
---@field user? string
---@field password? string|secret
---@field from string such as "Ann <ann@example.com>"
---@field to? string|string[]
---@field cc? string|string[]
---@field bcc? string|string[]
---@field reply_to? string
---@field subject? string
---@field text? string
---@field html? string
---@field attachments? MailAttachment[]
---@field headers? table<string, string>
---@field insecure? boolean send the mail even if the server does not offer TLS
---@field tls? table as for http.get
---@field timeout? number seconds; default: 30

---Sends a mail.
---@param mail Mail
---@return true? sent
---@return string? reason
---@return string? code
function mail.send(mail) end
