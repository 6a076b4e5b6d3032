"""The words of the page itself; what Attune says in a conversation is in `tools/data/phrases/`."""

TITLE = "Attune"
TAGLINE = "a listening machine, and only that"

HELP = "Talk to a person now"
HELP_CLOSE = "Back to the conversation"
COUNTRY = "Your country (you can leave this out)"
DANGER = "Is anyone in danger right now?"
COUNTRY_NONE = "I'd rather not say"

WELCOME = "You can talk here"
WELCOME_LEAD = (
    "Take all the time you need. A few words are enough, and there is no wrong way to begin."
)
KNOW_FIRST = "Good to know first"
MEMORY = (
    "What you say lives only in this program's memory. If the program crashes, or some minutes "
    "after you close this tab, the conversation is gone. Nothing of it is saved."
)
GUESSES = (
    "It guesses how you may feel, from your words and, only if you allow it, your voice or face. "
    "It can be wrong, and you can correct it."
)

CHAT = "Conversation"
BOX = "Your message"
BOX_HINT = "Write here"
KEYS = "Enter sends, Shift+Enter starts a new line."
SEND = "Send"
STOP = "Stop"
NEW = "New conversation"
NEW_SURE = "This deletes the conversation for good."
NEW_YES = "Delete it and begin anew"
NEW_NO = "Keep it"

SENSES = "Voice and camera (optional)"
SENSES_LEAD = (
    "Both are off until you choose them, and writing alone is enough. What is recorded is used for "
    "your next message only, then forgotten."
)
MICROPHONE = "Use my microphone"
CAMERA = "Use my camera"
AUDIO = "Record or choose a voice message"
WEBCAM = "Your camera (press Record to let it look)"
FILE = "Or choose a short video or a photo"
MICROPHONE_ON = "Microphone is on"
CAMERA_ON = "Camera is on"
CAMERA_KEPT = "The last seconds of the picture go with your next message."

PREPARING = "Getting ready; your answer comes after that…"
LISTENING = "Listening to your recording…"
THINKING = "Thinking…"
WRITING = "Writing…"
STOPPED = "Stopped."
BEGUN = "This is a new conversation. The one before it is deleted."
LOST = "The earlier conversation is gone, as the page or the program was closed. This is a new one."
NOTHING = "There is nothing to send yet. Write or record something first, in your own time."
WARMING = "Still getting ready. You can write already; the first answer takes a little longer."
SORRY = (
    "Something went wrong on my side, not on yours. Your message is back in the box, so that you "
    "can send it again when you like."
)
UNREAD = "The recording could not be read; please try another one, or write instead."

RIGHT = "That's right"
OTHER = "It is rather…"
REMOVE = "Remove"
CONFIRMED = "Thank you for telling me."
CORRECTED = "Thank you. I will go by “{emotion}” in what comes next."
REMOVED = "Removed. It plays no part in what comes next."

SPOKEN = "Spoken: “{words}”"
RECORDING = "[a recording]"
PICTURE = "[a video or photo]"

DESIGNER = "Designer view"
DESIGNER_EMPTY = "Send a message to see how the reply came about."
GRAPH = "Graph of the next conversation"
