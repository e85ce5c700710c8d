"""What `/?` tells."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rillet.cli.chat.talk import Talk

HELP = """Available Commands:
  /set            Set session variables
  /show           Show model information
  /load <model>   Load a session or model
  /save <model>   Save your current session
  /clear          Clear session context
  /list           List the models
  /model <model>  Go on with another model
  /continue       Go on with an answer that was interrupted
  /retry          Ask for the last answer again
  /edit           Change the last message and ask again
  /copy           Copy the last answer to the clipboard
  /thinking       Show the last thinking
  /bye            Exit
  /?, /help       Help for a command
  /? shortcuts    Help for keyboard shortcuts

Use \"\"\" to begin a multi-line message.
"""
HELP_SET = """Available Commands:
  /set parameter ...     Set a parameter
  /set system <string>   Set system message
  /set history           Enable history
  /set nohistory         Disable history
  /set wordwrap          Enable wordwrap
  /set nowordwrap        Disable wordwrap
  /set format json       Enable JSON mode
  /set noformat          Disable formatting
  /set verbose           Show LLM stats
  /set quiet             Disable LLM stats
  /set think [level]     Enable thinking
  /set nothink           Disable thinking
  /set fold              Fold the thinking when the answer begins
  /set nofold            Leave the thinking on the screen
"""
HELP_SHOW = """Available Commands:
  /show info         Show details for this model
  /show license      Show model license
  /show modelfile    Show Modelfile for this model
  /show parameters   Show parameters for this model
  /show system       Show system message
  /show template     Show prompt template
"""
HELP_PARAMETERS = """Available Parameters:
  /set parameter seed <int>             Random number seed
  /set parameter num_predict <int>      How many tokens an answer may have
  /set parameter temperature <float>    How freely a token is chosen
  /set parameter top_k <int>            Choose among so many of the likeliest
  /set parameter top_p <float>          Choose among those of this sum
  /set parameter min_p <float>          Leave out what is less likely than this
                                        part of the likeliest
  /set parameter num_ctx <int>          Tokens of context
  /set parameter repeat_penalty <float> How much repetition counts against one
  /set parameter repeat_last_n <int>    How far back it is looked for
  /set parameter num_gpu <int>          Layers that go to the GPU
  /set parameter stop <string> ...      Where to stop
"""
HELP_KEYS = """Available keyboard shortcuts:
  Ctrl + a            Move to the beginning of the line (Home)
  Ctrl + e            Move to the end of the line (End)
   Alt + b            Move back (left) one word
   Alt + f            Move forward (right) one word
  Ctrl + k            Delete the sentence after the cursor
  Ctrl + u            Delete the sentence before the cursor
  Ctrl + w            Delete the word before the cursor
  Ctrl + j            Begin a new line
  Ctrl + g            Open an editor
  Ctrl + l            Clear the screen
  Ctrl + t            Show the last thinking
  Ctrl + c            Stop the model from responding
  Ctrl + d            Exit (/bye)
"""
_TOPICS = {"set": HELP_SET, "show": HELP_SHOW, "shortcut": HELP_KEYS, "shortcuts": HELP_KEYS}


_SENSES = {"vision": ".jpg, .png, .webp images", "audio": ".wav audio files"}


def tell_help(talk: "Talk", about: str) -> None:
    topic = about.partition(" ")[0].removeprefix("/")
    if topic in _TOPICS:
        talk.out.line(_TOPICS[topic])
        return
    able = [files for sense, files in _SENSES.items() if sense in talk.conversation.abilities]
    files = ", or ".join([*able, "texts"])
    talk.out.line(f"{HELP}Use /path/to/file to include {files}.\n")
