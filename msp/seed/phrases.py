"""Words people write to a helpdesk, for made-up tickets."""

from __future__ import annotations

MATTERS = (
    "プリンターから印刷できない",
    "VPNに接続できない",
    "Outlookが起動しない",
    "共有フォルダーにアクセスできない",
    "パスワードを忘れた",
    "新入社員のアカウント作成",
    "ノートPCの動作が遅い",
    "Teamsで音声が聞こえない",
    "Excelのファイルが壊れている",
    "無線LANが切れる",
    "会計ソフトの更新エラー 0x80072EE7",
    "メールが届かない",
    "複合機のスキャンが失敗する",
    "ウイルス対策ソフトの警告",
    "バックアップの失敗通知",
    "モニターが映らない",
    "Cannot print to the second floor printer",
    "VPN drops every ten minutes",
    "New starter needs an account",
    "Laptop is slow since the update",
    "Shared mailbox is missing",
    "Phishing mail reported",
)
QUESTIONS = (
    "お世話になっております。{matter}ため困っております。ご確認をお願いいたします。",
    "至急お願いします。{matter}件です。朝から数名が同じ状態です。",
    "Hello, {matter}. It started this morning after the restart. Could you have a look?",
    "{matter}。再起動しても変わりません。型番はお送りした写真のとおりです。",
)
ANSWERS = (
    "お問い合わせありがとうございます。{matter}件、ドライバーを更新しましたのでお試しください。",
    "確認しました。設定を変更しています。三十分ほどお待ちください。",
    "ありがとうございます。直りました。原因を教えていただけますか。",
    "We have changed the setting on the server side. Please sign out and in again.",
    "まだ同じ状態です。画面の写真をお送りします。",
)
