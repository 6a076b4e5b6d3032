"""The words of the panel about a person's own data; see `ui.texts` for the rest of the page."""

DATA = "Your data"
DATA_CLOSE = "Back to the conversation"
SIGNED_IN = "You are signed in as {name}."
SIGN_OUT = "Sign out"
KEEP = "Keep this conversation"
KEEP_LEAD = (
    "Your words and the replies are then stored, encrypted, on the computer that runs this page, "
    "until {days} days after you last use them; you can take this back at any time."
)
KEEP_IMPOSSIBLE = "Keeping is not possible here at the moment. Everything else works as always."
KEPT_NOT = (
    "This conversation is not kept. It lives in memory: if the program crashes, or ten minutes "
    "after you close this tab, it is gone."
)
KEPT = (
    "This conversation is kept, encrypted, until {days} days after you last use it. You find it "
    "here when you come back in this browser."
)
KEPT_BY_NAME = (
    "This conversation is kept, encrypted, until {days} days after you last use it. You find it "
    "here when you sign in again."
)
KEPT_BACK = (
    "Done: what was stored is deleted. Our talk goes on in memory, where a crash or closing this "
    "tab loses it."
)
KEPT_STUCK = (
    "Nothing more is stored from now on, but what was stored could not be deleted yet. Please "
    "press “Delete everything”, or try again in a moment."
)
KEEP_FAILED = "It could not be kept just now. Our talk goes on in memory; you can try again later."
SHORT_KEPT = "This conversation is kept."
SHORT_UNKEPT = "This conversation is not kept."
SHORT_WAITING = "This conversation is not kept; earlier ones are."
KEPT_LIST = "Kept conversations"
KEPT_UNTITLED = "nothing said yet"
KEPT_UNREADABLE = "cannot be read any more"
KEPT_THIS = "this one"
KEPT_OPEN = "Open"
KEPT_DELETE = "Delete"
KEPT_SURE = "This deletes the conversation of {which} for good. Nobody can bring it back."
KEPT_SURE_THIS = (
    "This deletes the conversation that you have before you, for good. Nobody can bring it back."
)
KEPT_YES = "Yes, delete it"
KEPT_CHOOSE = "Please choose one of them first."
KEPT_GONE = "It is not there any more."
KEPT_DELETED = "It is deleted."
KEPT_OPENED = "Here is your conversation, as you left it."
KEPT_RESUMING = "Here is your conversation. The last answer had not come to its end; it comes now…"
STORE_TROUBLE = "What is kept cannot be reached just now. Please try again in a little while."
EXPORT = "Take it with you"
EXPORT_ALL = "With every kept conversation"
EXPORT_TEXT = "Save as text"
EXPORT_JSON = "Save as JSON"
EXPORT_LEAD = "The file is made in your browser and lies nowhere else."
EXPORT_DONE = "The file is in your downloads. Whoever uses this computer can read it there."
EXPORT_EMPTY = "There is nothing to save yet."
ERASE = "Delete everything"
ERASE_SURE = (
    "This deletes this conversation and all that is kept of yours, for good. Nobody can bring it "
    "back."
)
ERASE_YES = "Yes, delete everything"
ERASE_NO = "No, leave it"
ERASED_SHORT = "Everything is deleted. This is a new conversation."
ERASED = "Everything is deleted: this conversation, {kept}recordings, pictures, and what I noticed."
ERASED_KEPT = "all that was kept, "
ERASED_LETTER = "A letter that was not delivered yet is deleted, too."
ERASED_AUDIT = (
    "What stays is a record of how serious messages seemed and which help lines were shown: no "
    "words, no names."
)
ERASED_NOT_LETTER = "A letter that was delivered is with those who got it; ask them to delete it."
ERASED_FILE = "Files that you saved yourself are still in your downloads."
ERASE_STUCK = (
    "Not everything could be deleted just now; nothing more is stored meanwhile. Please press the "
    "button again in a moment."
)
ABOUT_DATA = "What is kept, where, and for how long"
ABOUT = (
    "Without your choice: nothing. The conversation lives in this program's memory until ten "
    "minutes after you close the tab, or until you press “Quick exit”.",
    "Words that you have not sent yet lie in this tab alone, so that loading it again does not "
    "lose them. They go when you send or delete, with “Quick exit”, or when you close the tab.",
    "With “Keep this conversation”: words, replies, and how serious things seemed, encrypted on "
    "the computer that runs this page, for {days} days after the last use. Then it is "
    "deleted by itself.",
    "Recordings and pictures: in memory until your message is answered, never kept.",
    "What I noticed of your feelings: in memory until your next message, never kept.",
    "“Quick exit” deletes everything that is kept for this browser and leaves the page at once. "
    "Whoever is signed in is signed out instead, and what they keep stays.",
    "Nothing is sent to anybody, unless whoever runs this page has set up a language model or a "
    "letter box elsewhere.",
)

TEXT_TITLE = "Conversations with Attune"
TEXT_NOW = "This conversation"
TEXT_PERSON = "You"
TEXT_ATTUNE = "Attune"
TEXT_NOTICED = "What the program thought it noticed last (guesses):"
TEXT_GUESS = "- {source}: {feeling} ({number})"
TEXT_FROM = {
    "text": "from your words",
    "voice": "from your voice",
    "face": "from your face",
    "together": "all together",
    "person": "as you said",
}
TEXT_REMEMBERED = "What the program remembered of earlier:"
