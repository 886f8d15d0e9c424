package parts

import (
	"net/url"
	"strings"
)

// A Mailbox is a provider's web page of mail: its name, and an address there, searching where it can for our mail with
// spam included.
type Mailbox struct{ Name, URL string }

// Provider is where the mail of an address is read, judged by the typed domain alone: no look-up, so that asking tells
// nobody anything. Sender is where our mail comes from, with or without a name before it. False where the domain is not one we know.
func Provider(address, sender string) (Mailbox, bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return Mailbox{}, false
	}
	if from := strings.LastIndexByte(sender, '<'); from >= 0 {
		sender = strings.TrimSuffix(sender[from+1:], ">")
	}
	domain := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(address[at+1:]), "."))
	p, ok := providerOf(domain)
	if !ok {
		return Mailbox{}, false
	}
	return Mailbox{Name: p.name, URL: strings.ReplaceAll(p.url, "{sender}", url.PathEscape(sender))}, true
}

type provider struct{ name, url string }

func providerOf(domain string) (provider, bool) {
	for _, known := range []struct {
		provider
		domains string
	}{
		{provider{"Gmail", "https://mail.google.com/mail/u/0/#search/in%3Aanywhere+from%3A{sender}"}, "gmail.com googlemail.com"},
		{
			provider{"Outlook.com", "https://outlook.live.com/mail/0/?search={sender}"},
			"outlook.com hotmail.com live.com msn.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es live.co.uk live.fr live.nl outlook.de outlook.fr outlook.es outlook.jp",
		},
		{
			provider{"Yahoo", "https://mail.yahoo.com/d/search/keyword={sender}"},
			"yahoo.com ymail.com rocketmail.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.com.br yahoo.co.in yahoo.ca",
		},
		{provider{"AOL", "https://mail.aol.com/d/search/keyword={sender}"}, "aol.com aim.com aol.de aol.fr aol.co.uk"},
		{provider{"iCloud Mail", "https://www.icloud.com/mail/"}, "icloud.com me.com mac.com"},
		{provider{"Proton Mail", "https://mail.proton.me/u/0/almost-all-mail#keyword={sender}"}, "proton.me protonmail.com protonmail.ch pm.me"},
		{provider{"Fastmail", "https://app.fastmail.com/mail/search:from%3A{sender}/"}, "fastmail.com fastmail.fm sent.com"},
		{provider{"Zoho Mail", "https://mail.zoho.com/zm/#search/{sender}"}, "zoho.com zohomail.com zohomail.eu"},
		{provider{"GMX", "https://www.gmx.net/mail/"}, "gmx.de gmx.net gmx.at gmx.ch"},
		{provider{"GMX", "https://www.gmx.com/mail/"}, "gmx.com gmx.us gmx.co.uk"},
		{provider{"WEB.DE", "https://web.de/email/"}, "web.de"},
		{provider{"T-Online", "https://email.t-online.de/"}, "t-online.de magenta.de"},
		{provider{"Orange", "https://mail.orange.fr/"}, "orange.fr wanadoo.fr"},
		{provider{"La Poste", "https://www.laposte.net/accueil"}, "laposte.net"},
		{provider{"Libero", "https://mail.libero.it/"}, "libero.it"},
		{provider{"Mail.ru", "https://e.mail.ru/search/?q_query={sender}"}, "mail.ru inbox.ru list.ru bk.ru"},
		{provider{"Yandex", "https://mail.yandex.com/#search?request={sender}"}, "yandex.ru yandex.com ya.ru yandex.by yandex.kz"},
		{provider{"QQ Mail", "https://mail.qq.com/"}, "qq.com foxmail.com"},
		{provider{"163", "https://mail.163.com/"}, "163.com"},
		{provider{"Naver", "https://mail.naver.com/"}, "naver.com"},
	} {
		for d := range strings.FieldsSeq(known.domains) {
			if d == domain {
				return known.provider, true
			}
		}
	}
	return provider{}, false
}
