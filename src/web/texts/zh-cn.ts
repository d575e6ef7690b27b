/** The pages in Chinese. */
import type { Texts } from "./en.ts";

export const zhCn: Texts = {
  languageName: "中文",
  footer: "签好名，封好蜡，送到手。",
  errorTitle: "请检查：",

  actions: {
    signUp: "注册",
    logIn: "登录",
    logOut: "退出登录",
    home: "返回首页",
    resend: "重新发送邮件",
  },

  home: {
    title: (site) => `欢迎来到 ${site}`,
    lead: "注册账号，打开我们发给您的邮件，点一下按钮，就完成了。",
    greeting: (username) => ["您好，", username],
    confirmed: (email) => ["您已登录，邮箱 ", email, " 已经验证。"],
  },

  register: {
    title: "创建账号",
    username: "用户名",
    email: "邮箱地址",
    emailHint: "我们会发一封邮件，确认这个邮箱属于您。",
    password: "密码",
    passwordHint: "至少 8 个字符，用几个词连成一句就很好。",
    submit: "注册",
    already: "已经有账号了？",
  },

  registered: {
    title: "请查收邮件",
    sent: (email) => ["我们已向 ", email, " 发送了一封邮件。请打开邮件，点击其中的链接激活账号。"],
    sentSomewhere: "我们已经给您发送了一封邮件。请打开邮件，点击其中的链接激活账号。",
    missing: "过了几分钟还没有收到？",
    spam: "看看垃圾邮件文件夹。",
    typo: "再核对一遍上面的邮箱地址。如果写错了，请用正确的地址重新注册。",
    again: "或者让我们再发一次。",
  },

  inbox: {
    hint: "这是开发服务器，邮件没有发到外面。",
    link: "在收件箱中查看",
  },

  activate: {
    title: "激活账号",
    lead: (username, email) => ["点击按钮即可激活账号 ", username, "，并确认 ", email, " 是它的邮箱。"],
    submit: "激活我的账号",
    notYou: "不是您的账号？关闭本页面即可，什么都不会改变。",
  },

  resend: {
    title: "重新获取激活邮件",
    lead: "告诉我们您的邮箱或用户名，我们会重新发送激活邮件。",
    expired: "这个链接已经过期。链接只在一段时间内有效，我们可以给您发一个新的。",
    invalid: "这个链接无效，可能在传递中缺了一部分。我们可以给您发一个新的。",
    login: "邮箱地址或用户名",
    submit: "发送邮件",
    sentTitle: "请查收邮件",
    sent: "如果有使用该邮箱或用户名的账号正在等待激活，新的邮件已经在路上了。",
    other: "换一个邮箱或用户名再试",
  },

  login: {
    title: "登录",
    login: "用户名或邮箱地址",
    password: "密码",
    submit: "登录",
    noAccount: "还没有账号？",
    activated: "账号已激活，欢迎您！请登录。",
    alreadyActive: "这个账号已经激活，您可以直接登录。",
    loggedOut: "您已退出登录，期待再见。",
    refused: "登录失败。请检查用户名和密码是否正确。新账号需要先激活才能登录。",
    refusedLink: "重新发送激活邮件",
    notActive: "您的账号还没有激活，请点击我们发给您的邮件中的链接。",
  },

  unsubscribe: {
    title: "退订邮件",
    lead: (address, stream) => ["点击按钮后，", address, " 将不再收到类别为 ", stream, " 的邮件。"],
    leadAll: (address) => ["点击按钮后，", address, " 将不再收到我们的订阅邮件。"],
    submit: "退订",
    stays: "账号必需的邮件（例如重置密码）仍会照常发送。",
    doneTitle: "退订成功",
    done: (address, stream) => [address, " 将不再收到类别为 ", stream, " 的邮件。"],
    doneAll: (address) => [address, " 将不再收到我们的订阅邮件。"],
    mistake: "点错了？",
    resubscribe: "重新订阅",
    backTitle: "已重新订阅",
    back: (address, stream) => [address, " 将照常收到类别为 ", stream, " 的邮件。"],
    backAll: (address) => [address, " 将照常收到我们的订阅邮件。"],
    invalidTitle: "链接不完整",
    invalid:
      "链接可能在传递中缺了一部分，因此什么都没有改变。请从邮件中重新打开；如果还是不行，请直接回复那封邮件，说明您要退订。",
  },

  problems: {
    required: "请填写此项。",
    "too-short": "内容太短。",
    "too-long": "内容太长。",
    "not-allowed": "其中有不能使用的字符，例如换行、< 或 >。",
    "not-an-address": "这不像一个邮箱地址，正确的格式如 name@example.com。",
    "too-guessable": "太容易被猜到，请换一个。",
    taken: "这个用户名已被使用，请换一个。",
  },
  problemsOfField: {
    username: {
      required: "请填写用户名。",
      "too-long": "用户名最多 64 个字符。",
      "not-allowed": "用户名可以使用任何文字的字母和数字，中间可用单个空格、点、连字符或下划线。",
    },
    email: { required: "请填写邮箱地址。", "too-long": "这超过了邮箱地址的最大长度。" },
    password: {
      required: "请填写密码。",
      "too-short": "密码至少需要 8 个字符。用几个词连成一句，既好记又难猜。",
      "too-guessable": "密码不能与用户名或邮箱相同。",
    },
    login: { required: "请填写用户名或邮箱地址。" },
  },

  staleForm: {
    title: "页面打开得太久了",
    text: "为了您的账号安全，这次提交没有被接受，什么都没有改变。请重新打开页面再试一次，并允许浏览器保存本站的 Cookie。",
    retry: "重新打开页面",
  },
  notFound: {
    title: "这里什么都没有",
    text: "这个地址没有对应的页面。链接可能已经过时，或者少了一个字母。",
  },
  wrongMethod: {
    title: "方式不对",
    text: "这个页面存在，但不能用这种方式访问。",
  },
  tooLarge: {
    title: "内容太大",
    text: "提交的内容超过了这个表单的上限，什么都没有改变。",
  },
  fault: {
    title: "我们这边出了点问题",
    text: "这不是您的错，我们已经记录下来。请稍后再试。",
  },
};
