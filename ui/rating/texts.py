"""The words of the rating page, for the people who rate."""

TITLE = "Rating replies"
HELP = "Talk to a person now"

WELCOME = "Thank you for helping"
LEAD_PAIR = (
    "You will read short parts of conversations, each with two replies written by programs. For "
    "each pair you say which reply is better, one question at a time. Which program wrote which is "
    "not shown to you, and your browser does not get to know it either."
)
LEAD_SCALE = (
    "You will read short parts of conversations, each with a reply written by a program. For each "
    "reply you answer one question at a time on a scale. Which program wrote it is not shown to "
    "you, and your browser does not get to know it either."
)
HARD_TITLE = "Some of these texts are about hard things"
HARD = (
    "People write here about what weighs on them. Take breaks. You can skip any text, and you can "
    "stop at any time, without giving a reason; what you chose so far is kept."
)
SUPPORT = "If something in it stays with you, people you can talk to are always one press away:"
RECORDED_TITLE = "What is recorded"
RECORDED = (
    "Your choices, the time of each, and the word or number that you choose below: nothing else. "
    "No name, no address, no voice or picture is asked for."
)
EXTENT_PAIR = "There are {items} pairs with {questions} each."
EXTENT_SCALE = "There are {items} replies with {questions} each."
QUESTION = "{n} question"
QUESTIONS = "{n} questions"
RATER = "Your word or number"
RATER_HINT = (
    "Make one up, such as “maple-42”: 2 to 40 letters (a to z), digits, dashes or underscores, and "
    "not your name. With the same one you come back to where you stopped."
)
BEGIN = "Begin or go on"
RATER_WRONG = (
    "That word cannot be used here. Please take 2 to 40 letters (a to z), digits, dashes or "
    "underscores, with no spaces."
)

BACK_TO_START = "Back to the start"
PAIR = "Pair {n} of {all}"
REPLY = "Reply {n} of {all}"
QUESTION_OF = "question {n} of {all}"
PROGRESS = "{done} of {all} questions answered"
CONVERSATION = "The conversation"
EARLIER_ONE = "1 earlier turn"
EARLIER = "{n} earlier turns"
PERSON = "Person"
SUPPORTER = "Supporter"
LAST = "What the person says last"
REPLIES = "The two replies"
LEFT = "Reply A"
RIGHT = "Reply B"
ONE_REPLY = "The reply"
LOOK_FOR = "What to look for"
BETTER = "The better reply"
WORSE = "The other one"
HIGH = "A high score"
MIDDLE = "In between"
LOW = "A low score"
ASK_PAIR = "Which reply is better here?"
ASK_SCALE = "How would you rate this reply?"
CHOOSE_LEFT = "A is better"
CHOOSE_TIE = "No difference"
CHOOSE_RIGHT = "B is better"
CHOSEN = "Your choice so far: {choice}. Choose again to change it."
SKIPPED_BEFORE = "You skipped this one. You can still answer it."
SKIP = "Skip this question"
SKIP_ALL = "Skip this pair"
SKIP_REPLY = "Skip this reply"
BACK = "Back one step"
FORWARD = "Go on without a change"
STOP = "Stop for now"
TO_ANSWERS = "Go to the answers"
KEYS_ON = "Keys {keys} answer. Turn them off"
KEYS_OFF = "Keys do not answer. Turn them on"

PAUSED = "You can stop here"
PAUSED_LEAD = (
    "Everything that you chose is kept. When you come back, give the same word or number "
    "(“{rater}”) and you go on where you stopped. You do not have to come back."
)
GO_ON = "Go on now"
THANKS = "Thank you"
THANKS_LEAD = (
    "That was the last question. All of your choices are kept, and you can close this page."
)
SKIPPED_ONE = "You skipped 1 question. You can leave it so, or look at it again."
SKIPPED = "You skipped {n} questions. You can leave it so, or look at them again."
TO_SKIPPED = "Look at what I skipped"
LOOK_AGAIN = "Look at the last question again"

PEOPLE = "People you can reach"
COUNTRY = "Your country (you can leave this out)"
SHOW = "Show"

NOT_HERE = "There is nothing here; go back to the start."
UNREADABLE = (
    "The ratings cannot be read just now. Please tell the people who asked you to rate; nothing of "
    "what you chose is lost by waiting."
)
STALE = (
    "This question has changed since the page was opened, so your choice was not taken. "
    "Please answer the question as it is now."
)
NO_CHOICE = "That choice is none of this question; please choose again."
UNSAVED = (
    "Your choice could not be saved; nothing of what you chose before is lost. Please try again, "
    "and tell the people who asked you to rate if it stays so."
)
TROUBLE = "Something went wrong"
ONWARD = "Show the question"
