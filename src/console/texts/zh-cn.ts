/** The console in Chinese. */
import type { Texts } from "./en.ts";

export const zhCn: Texts = {
  languageName: "中文",
  places: "导航",
  site: "站点",

  inbox: {
    title: "收件箱",
    lead: "发到这里并被截获的邮件。本页上的任何邮件都没有离开过这台机器。",
    live: "实时",
    count: (count) => `${count} 封邮件`,
    latest: (count) => `最近 ${count} 封`,
    clear: "全部删除",
    emptyTitle: "还没有邮件",
    emptyLead: "邮件一到就会显示在这里，无需刷新页面。",
    emptySignUp: "在示例站点注册一个账号",
    emptyOr: "或者让您的程序把邮件发到这里：",
    noSubject: "（无主题）",
    noSender: "（无发件人）",
  },

  mail: {
    back: "所有邮件",
    from: "发件人",
    to: "收件人",
    envelope: "实际投递至",
    received: "收到时间",
    views: { html: "HTML", text: "纯文本", source: "源码", headers: "邮件头" },
    attachments: "附件",
    frameTitle: "收件人看到的邮件",
    frameNote: "显示时不运行脚本，也不加载任何网络内容。链接会在新标签页中打开。",
    noHtml: "这封邮件没有 HTML 部分。",
    noText: "这封邮件没有纯文本部分。",
    sourceCut: (shown) => `仅显示前 ${shown}。`,
    sourceWhole: "查看完整源码",
  },

  outbox: {
    title: "发件箱",
    lead: "程序承诺发送的每一封邮件，以及它们的去向。",
    empty: "还没有发送过邮件。",
    back: "所有邮件",
    attempts: (count) => `尝试 ${count} 次`,
    next: (time) => `下次 ${time}`,
    from: "发件人",
    mailer: "发信通道",
    messageId: "Message-ID",
    created: "入队时间",
    nextAttempt: "下次尝试",
    recipients: "收件人",
    history: "发送记录",
    noHistory: "还没有尝试过发送。",
    stage: (stage) => `阶段：${stage}`,
  },

  states: {
    queued: "排队中",
    sending: "发送中",
    deferred: "等待重试",
    sent: "已发送",
    failed: "失败",
    unknown: "结果不明",
    held: "已暂缓",
    cancelled: "已取消",
    suppressed: "已屏蔽",
  },

  outcomes: { sent: "已发送", deferred: "被推迟", failed: "失败", unknown: "结果不明" },

  notFound: { title: "这里什么都没有", text: "这封邮件或这个页面不存在，或者已被删除。" },
  refusedForm: {
    title: "请再试一次",
    text: "提交的表单不是来自当前的页面，什么都没有改变。请重新打开页面，再操作一次。",
  },
  fault: { title: "出了点问题", text: "错误已写入日志，请再试一次。" },
};
