"""Words to draw: the commonest of some languages, names, numbers, and letters that follow each other by chance."""

from typing import Final

import numpy as np

_COMMON: Final = """
the of and to in is you that it he was for on are as with his they at be this have from or one had by not but what all
were we when your can said there use an each which she do how their if will up other about out many then them these so
some her would make like him into time has look two more write go see number no way could people my than first water
been call who oil its now find long down day did get come made may part over new sound take only little work know place
year live me back give most very after thing our just name good sentence man think say great where help through much
before line right too mean old any same tell boy follow came want show also around form three small set put end does
another well large must big even such because turn here why ask went men read need land different home us move try kind
hand picture again change off play spell air away animal house point page letter mother answer found study still learn
should world ok okay yes no hi hello hey thanks thank please sorry love miss maybe tonight tomorrow today yesterday soon
later morning night friend photo video send sent seen delete forward reply message messages chat chats call calls online
offline typing last search settings camera gallery edit share copy save cancel done back next close open view more menu
home profile follow following followers like likes comment comments post posts story stories reel feed add new group
info contact block report mute archive login log in sign up password email account privacy terms help about download
upload file files folder delete select all none on off wifi bluetooth battery airplane mode notifications sounds display
storage language general update subscribe watch channel views ago hours minutes days am pm mon tue wed thu fri sat sun
jan feb mar apr jun jul aug sep oct nov dec january february march april june july august september october november
december monday tuesday wednesday thursday friday saturday sunday
der die und das ist nicht ein eine ich du sie wir mit auf den dem von zu im es hat war wie aber auch nur noch schon
le la les des et est un une que pas je tu il elle nous vous dans pour sur avec qui plus mais oui non bonjour merci
el los las que y en es por con para una no si pero como hola gracias muy bien cuando donde todo esta
o os as que e em um uma para com nao mais por voce obrigado bom dia ola il di che per con sono non una come ciao grazie
ve bir bu da icin ile ne var yok evet merhaba dan yang di ini itu untuk tidak ada saya kamu
"""
_CYRILLIC: Final = """
и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой ты вы привет спасибо да нет как
сообщение фото видео сегодня вчера завтра хорошо люблю
"""
_LETTERS: Final = (
    "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnssssssrrrrrrhhhhhhddddllllcccuuummmwwffggyyppbbvvkjxqz"
)
_COMMON_WORDS: Final = tuple(_COMMON.split())
_CYRILLIC_WORDS: Final = tuple(_CYRILLIC.split())


def some(rng: np.random.Generator, least: int, most: int) -> int:
    """A whole number, both ends included."""
    return int(rng.integers(least, most + 1))


def word(rng: np.random.Generator) -> str:
    """A common word mostly; else a number, a time or letters by chance.  Commoner words come first in the list."""
    kind = rng.random()
    if kind < 0.72:
        return _COMMON_WORDS[int(len(_COMMON_WORDS) * rng.random() ** 1.5)]
    if kind < 0.82:
        return (str(some(rng, 0, 9999)), f"{some(rng, 0, 23)}:{some(rng, 0, 59):02d}", f"{some(rng, 1, 99)}%")[
            some(rng, 0, 2)
        ]
    return "".join(_LETTERS[some(rng, 0, len(_LETTERS) - 1)] for _ in range(some(rng, 2, 9)))


def sentence(rng: np.random.Generator, least: int, most: int, *, is_cyrillic: bool = False) -> str:
    """So many words with a capital first and sometimes a mark last."""
    count = some(rng, least, most)
    if is_cyrillic:
        words = [_CYRILLIC_WORDS[some(rng, 0, len(_CYRILLIC_WORDS) - 1)] for _ in range(count)]
    else:
        words = [word(rng) for _ in range(count)]
    return " ".join(words).capitalize() + ("", ".", "!", "?", ",")[some(rng, 0, 4)]
