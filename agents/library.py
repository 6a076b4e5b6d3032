"""Every node by its name: what a graph file can use."""

from agents.check import check
from agents.clue import clue
from agents.crisis import crisis
from agents.face_emotion import face_emotion
from agents.fusion import fusion
from agents.guide import guide
from agents.listen import listen
from agents.moment import moment
from agents.node import Node
from agents.recall import recall
from agents.remember import remember
from agents.respond import respond
from agents.say import say
from agents.screen import screen
from agents.strategy import strategy
from agents.system_emotion import system_emotion
from agents.text_emotion import text_emotion
from agents.think import think
from agents.turn import begin_turn, deliver
from agents.voice_emotion import voice_emotion

NODES: dict[str, Node] = {
    node.name: node
    for node in (
        begin_turn,
        screen,
        listen,
        face_emotion,
        voice_emotion,
        text_emotion,
        clue,
        fusion,
        moment,
        guide,
        say,
        remember,
        recall,
        strategy,
        system_emotion,
        think,
        respond,
        crisis,
        check,
        deliver,
    )
}
