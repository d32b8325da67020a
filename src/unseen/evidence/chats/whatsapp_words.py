"""What WhatsApp writes in place of things, in the languages of phones.

Only what nobody can tell without its words is listed; what marks itself (``<attached: NAME>``, the left-to-right mark
that iPhones put before the app's own words) is told by that.
"""

from typing import Final

LEFT_OUT: Final = frozenset(
    word.casefold()
    for word in (
        *(
            "<Media omitted>",
            "<Multimedia omitido>",
            "<Archivo omitido>",
            "<Mídia oculta>",
            "<Arquivo de mídia oculto>",
        ),
        *("<Ficheiro não revelado>", "<Medien ausgeschlossen>", "<Medien weggelassen>", "<Médias omis>"),
        *("<Fichier omis>", "<Média omis>", "<Media omessi>", "<Media weggelaten>", "<Без медиафайлов>"),
        *("<Медиа пропущены>", "<Медіа пропущено>", "<Medya dahil edilmedi>", "<Media tidak disertakan>"),
        *("<تم استبعاد الوسائط>", "<मीडिया छोड़ा गया>", "<省略多媒体文件>", "<忽略多媒體檔>", "<已忽略多媒体文件>"),
        *("<미디어 파일을 제외한 내용>", "<미디어 파일 제외됨>", "<メディア省略済み>", "<メディアは含まれていません>"),
        *("<pominięto multimedia>", "<multimedia pominięto>", "<Media utelämnad>", "<Medier udeladt>"),
        *("<Media jätettiin pois>", "<המדיה לא נכללה>", "<Média vynechána>", "<Fișierele media au fost omise>"),
    )
)
DELETED: Final = frozenset(
    word.casefold()
    for word in (
        *("This message was deleted", "You deleted this message", "Se eliminó este mensaje", "Eliminaste este mensaje"),
        *("Mensagem apagada", "Você apagou esta mensagem", "Diese Nachricht wurde gelöscht"),
        *("Du hast diese Nachricht gelöscht", "Ce message a été supprimé", "Vous avez supprimé ce message"),
        *("Questo messaggio è stato eliminato", "Hai eliminato questo messaggio", "Dit bericht is verwijderd"),
        *("Сообщение удалено", "Данное сообщение удалено", "Вы удалили данное сообщение", "Bu mesaj silindi"),
        *("Pesan ini telah dihapus", "تم حذف هذه الرسالة", "यह संदेश हटा दिया गया", "此消息已被删除", "你删除了这条消息"),
        *("此訊息已刪除", "您已刪除此訊息", "삭제된 메시지입니다", "이 메시지는 삭제되었습니다"),
        *("このメッセージは削除されました", "メッセージを削除しました"),
    )
)
EDITED: Final = ("<This message was edited>", "<Se editó este mensaje.>", "<Diese Nachricht wurde bearbeitet.>")
#: What an iPhone calls a medium that was left out, by its first word where that tells the kind.
KINDS: Final = {
    **dict.fromkeys(
        (
            "image",
            "photo",
            "imagen",
            "bild",
            "imagem",
            "图像",
            "圖片",
            "사진",
            "이미지",
            "画像",
        ),
        "photo",
    ),
    **dict.fromkeys(
        (
            "video",
            "vídeo",
            "视频",
            "影片",
            "동영상",
        ),
        "video",
    ),
    **dict.fromkeys(
        (
            "audio",
            "áudio",
        ),
        "voice_message",
    ),
    **dict.fromkeys(("sticker",), "sticker"),
    **dict.fromkeys(("gif",), "animation"),
    **dict.fromkeys(
        (
            "document",
            "documento",
        ),
        "file",
    ),
    **dict.fromkeys(("contact",), "contact"),
}
AFTERNOON: Final = frozenset({"pm", "p", "nachm", "μμ", "오후", "下午", "午後", "م"})
MORNING: Final = frozenset({"am", "a", "vorm", "πμ", "오전", "上午", "凌晨", "午前", "ص"})
