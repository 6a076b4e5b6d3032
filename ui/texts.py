"""The words of the page itself; what Attune says in a conversation is in `tools/data/phrases/`."""

TITLE = "Attune"

HELP = "Talk to a person now"
HELP_CLOSE = "Back to the conversation"
LEAVE = "Quick exit"
COUNTRY = "Your country (you can leave this out)"
COUNTRY_ASK = (
    "These are for any country. If you like, say which one you are in, and its own numbers come up."
)
COUNTRY_CHOOSE = "Choose a country"
PEOPLE = "People you can reach"
FOR_ANYONE = "For whatever is heavy"
FOR_OTHERS = "In every country"
FOR = {
    "overdose": "Poisoning and overdose",
    "suicide": "Thoughts of suicide",
    "violence_at_home": "Violence at home",
    "harm_to_others": "Fear of hurting somebody",
    "self_harm": "Self-harm",
    "psychosis": "Voices, and thoughts that frighten you",
    "eating_disorder": "Eating and body",
    "unscreened": "For whatever is heavy",
    "minor": "For children and young people",
}
DANGER = "Is anyone in danger right now?"
COUNTRY_NONE = "I'd rather not say"

WELCOME = "You can talk here"
WELCOME_LEAD = (
    "Take all the time you need. A few words are enough, and there is no wrong way to begin."
)
KNOW_FIRST = "Good to know first"
MEMORY = (
    "What you say lives only in this program's memory. If the program crashes, or ten minutes "
    "after you close this tab, the conversation is gone. Nothing of it is saved."
)
MEMORY_CHOICE = (
    "What you say lives only in this program's memory. If the program crashes, or ten minutes "
    "after you close this tab, the conversation is gone. Nothing of it is saved, unless you choose "
    "that under “Your data”."
)
RECORDED = (
    "It records how serious each message seemed and which help lines were shown: no words, no "
    "names, and nothing that says who you are."
)
GUESSES = (
    "It guesses how you may feel, from your words and, only if you allow it, your voice or face. "
    "It can be wrong, and you can correct it."
)

LETTER = "Write to a person"
LETTER_OFFER = "If you like, you can also write to {to}, so that a person gets in touch with you."
LETTER_LEAD = (
    "Your letter goes to {to}. {answer} It is sent only when you press the button below. What "
    "stands here is all that they get, with the time and a random number."
)
LETTER_NOT_NOW = (
    "This is not an emergency service. If you may not be safe, please do not wait for an answer: "
    "use “{help}” at the top of this page."
)
LETTER_LEVEL = "How is it right now?"
LETTER_LEVELS = {
    "low": "I would like to talk with somebody",
    "moderate": "I am not doing well",
    "high": "It is urgent",
    "imminent": "I may not be safe right now",
}
LETTER_LEVEL_HINT = "It is filled in from our conversation. Please change it if it is different."
LETTER_MESSAGE = "What would you like them to know? (you can leave this out)"
LETTER_REACH = "How may they reach you?"
LETTER_REACH_HINT = "A number or an address, a name, a good time: whatever is safe for you"
LETTER_WHOLE = "Send our conversation so far with it"
LETTER_ENCLOSED = "This goes with your letter, and nothing that comes after it:"
LETTER_PERSON = "You"
LETTER_SEND = "Send this letter"
LETTER_CLOSE = "Not now"
LETTER_SENDING = "On its way… You can go on talking here meanwhile."
LETTER_DELIVERED = "{to} has your letter. {answer} You can go on talking here."
LETTER_KEPT = (
    "Your letter could not be delivered. All of it is still here, so that you can try again. It is "
    "also kept on the computer that runs this page, even if you begin a new conversation, until it "
    "can be delivered or you take it back."
)
LETTER_BACK = "Take it back"
LETTER_TAKEN_BACK = "Your letter was taken back. Nobody will get it."
LETTER_TOO_LATE = "It is not kept any more; it may have been delivered meanwhile."

GUESSES_WORDS = (
    "It guesses how you may feel, from your words alone. It can be wrong, and you can correct it."
)

CHAT = "Conversation"
PERSON = "You"
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
SENSES_LEAD = "Both are off until you choose them, and writing alone is enough."
SPEECH = "Voice (optional)"
SPEECH_LEAD = (
    "There is no camera here, and no feeling is read from your voice: where people work or learn, "
    "the law of the European Union does not allow that (AI Act, article 5(1)(f))."
)
ADULTS_LEAD = (
    "The camera stays off here, and no feeling is read from your voice: that is only for adults. "
    "You can go on writing or speaking, and what you say is read with the same care."
)
MICROPHONE = "Use my microphone"
MICROPHONE_LEAD = (
    "I listen to what you record, for its words and its tone: the recording stays in memory until "
    "your message is answered, its words in the conversation, and you can take this back at any "
    "time."
)
MICROPHONE_WORDS = (
    "I write down what you record: the recording stays in memory until your message is answered, "
    "its words in the conversation, and you can take this back at any time."
)
CAMERA = "Use my camera"
CAMERA_LEAD = (
    "I look for signs of how you feel: the picture stays in memory until your message is answered, "
    "and you can take this back at any time."
)
AUDIO = "Record or choose a voice message"
WEBCAM = "Your camera (press Record to let it look)"
FILE = "Or choose a short video or a photo"
MICROPHONE_ON = "Microphone is on"
CAMERA_ON = "Camera is on"

PREPARING = "Getting ready; your answer comes after that…"
LISTENING = "Listening to your recording…"
THINKING = "Thinking…"
WRITING = "Writing…"
STOPPED = "Stopped."
BEGUN = "This is a new conversation. The one before it is deleted."
KEEP_TROUBLE = "This turn could not be kept on disk. Our talk goes on; it is still in memory."
BEGUN_KEPT = "This is a new conversation. The one before it is kept under “Your data”."
DELETED_ELSEWHERE = "This conversation was deleted in another tab. You can begin a new one here."
SLOW = (
    "That was a lot in a short time, and I can't keep up. Your message is still in the box; please "
    "send it again in {wait}. If it can't wait, use “{help}” at the top."
)
AWAY = (
    "The connection is away. What you write stays in the box, and “{help}” works all the same. I "
    "keep trying."
)
AWAY_BACK = "The connection was away for a moment; everything is still here."
AWAY_GONE = (
    "The program was away, or this page stood unused for long: this conversation was in memory "
    "only and is gone."
)
AWAY_WORDS = "Your words are back in the box."
SECONDS = "{n} seconds"
MINUTES = "{n} minutes"
LOST = "The earlier conversation is gone, as the page or the program was closed. This is a new one."
NOTHING = "There is nothing to send yet. Write or record something first, in your own time."
WARMING = "Still getting ready. You can write already; the first answer takes a little longer."
SORRY = (
    "Something went wrong on my side, not on yours. Your message is back in the box, so that you "
    "can send it again when you like."
)
UNREAD = "The recording could not be read; please try another one, or write instead."

NOTICING = "What I think I noticed"
NOTICING_LEAD = (
    "These are guesses by a program, and you know better. What you put right, I go by; what you "
    "remove plays no part any more."
)
FROM = {
    "text": "From your words",
    "voice": "From your voice",
    "face": "From your face",
    "together": "All together",
}
ANSWER = "{source}: what is right?"
LEAVE_IT = "Put it right…"
WHAT = {"text": "your words", "voice": "your voice", "face": "your face"}
MISSED = {
    "no face": "I saw no face, so I went without.",
    "no speech": "I heard no words in the recording, so I went without.",
    "language": "I do not understand the language of the recording, so I went without.",
    "too slow": "Reading {what} took too long this time, so I went without.",
    "failed": "Reading {what} did not work this time; that is my side, not yours.",
}
GUESS = "perhaps {emotion}: {sure} ({number})"
GUESS_UNUSED = "shown only, not used"
SURE = ((0.75, "rather sure"), (0.5, "not quite sure"), (0.0, "quite unsure"))
TOLD = "{emotion}: as you said"
OVERRULED = "had guessed “{emotion}”; you said otherwise, and I go by your word"
UNSURE = "I can't tell"
HEARD = "What I heard you say"
HEARD_HINT = "If I heard it wrong, please put it right here."
HEARD_SAVE = "Put it right"
HEARD_SAVED = "Thank you. I will go by these words."
HEARD_REMOVED = "Removed. I will not go by what I heard."
HEARD_GONE = "[removed]"
MEMORY_LINES = "What I remember of earlier"
MEMORY_FORGET = "Forget what is ticked"
MEMORY_NONE = "Please tick what I should forget."
FORGOTTEN = "Forgotten. I will not be reminded of it again."
RIGHT = "That's right"
OTHER = "It is rather…"
REMOVE = "Remove"
CONFIRMED = "Thank you for telling me."
CORRECTED = "Thank you. I will go by “{emotion}” in what comes next."
REMOVED = "Removed. It plays no part in what comes next."
LOST_HERE = "That belongs to a conversation that is over. Nothing of it is left here."
AMEND_FAILED = "That could not be changed just now. Please try it again in a moment."

SPOKEN = "Spoken: “{words}”"
RECORDING = "[a recording]"
PICTURE = "[a video or photo]"

DESIGNER = "Designer view"
DESIGNER_EMPTY = "Send a message to see how the reply came about."
GRAPH = "Graph of the next conversation"
