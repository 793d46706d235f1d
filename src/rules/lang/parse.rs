//! Tokens → syntax tree: precedence and brackets, not yet types.

use super::LangFault;
use super::token::{Token, TokenKind, tokens};

/// How deep brackets and signs may nest. People write three; the bound keeps hostile text from the stack.
const MAX_DEPTH: usize = 64;
/// How many operators an expression may have.
const MAX_NODES: usize = 1000;

/// A piece of an expression and the byte where it begins (for an operator: where the operator stands).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ast {
    pub at: usize,
    pub node: Node,
}

/// The pieces.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Name(String),
    Double(f64),
    Whole(f64),
    Word(String),
    Flag(bool),
    Not(Box<Ast>),
    Negative(Box<Ast>),
    /// `&&` and `||` over two or more.
    Connective(Connective, Vec<Ast>),
    Compare(Comparison, Box<Ast>, Box<Ast>),
    In(Box<Ast>, Vec<Ast>),
    /// `'word' in field`.
    Member(Box<Ast>, Box<Ast>),
    Arithmetic(Arithmetic, Box<Ast>, Box<Ast>),
    Choice(Box<Ast>, Box<Ast>, Box<Ast>),
}

/// `&&` and `||`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connective {
    And,
    Or,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Connective {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

const COMPARISONS: [Comparison; 6] = [
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Equal,
    Comparison::NotEqual,
];

/// Reads a whole text as one expression.
pub(super) fn parse(text: &str) -> Result<Ast, LangFault> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, nodes: 0 };
    let ast = parser.expression()?;
    match parser.peek() {
        TokenKind::End => Ok(ast),
        other => Err(parser.fault(match other {
            TokenKind::Sign("%") => "\"%\" is for whole numbers in CEL, and every number here is a double".to_owned(),
            TokenKind::Sign("[" | "(") => {
                format!("{} does not belong here; there are no functions and no lists", other.described())
            }
            _ => format!("expected an operator or the end, found {}", other.described()),
        })),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    nodes: usize,
}

type Parsed = Result<Ast, LangFault>;

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.next).map_or(&TokenKind::End, |t| &t.kind)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |t| t.at)
    }

    fn fault(&self, what: String) -> LangFault {
        LangFault::new(self.at(), what)
    }

    /// Takes the sign if it is next, and tells where it was.
    fn take(&mut self, sign: &str) -> Option<usize> {
        let at = self.at();
        matches!(self.peek(), TokenKind::Sign(s) if *s == sign).then(|| {
            self.next += 1;
            at
        })
    }

    fn expect(&mut self, sign: &str) -> Result<(), LangFault> {
        match self.take(sign) {
            Some(_) => Ok(()),
            None => Err(self.fault(format!("expected \"{sign}\", found {}", self.peek().described()))),
        }
    }

    fn make(&mut self, at: usize, node: Node) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(LangFault::new(at, format!("more than {MAX_NODES} terms and operators")));
        }
        Ok(Ast { at, node })
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            return Err(self.fault(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let ast = read(self);
        self.depth -= 1;
        ast
    }

    fn expression(&mut self) -> Parsed {
        let condition = self.connected(Connective::Or)?;
        let Some(at) = self.take("?") else { return Ok(condition) };
        let yes = self.connected(Connective::Or)?;
        self.expect(":")?;
        let no = self.deeper(Self::expression)?;
        self.make(at, Node::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn connected(&mut self, connective: Connective) -> Parsed {
        let part = |p: &mut Self| match connective {
            Connective::Or => p.connected(Connective::And),
            Connective::And => p.relation(),
        };
        let first = part(self)?;
        let mut first_sign = None;
        let mut parts = vec![first];
        while let Some(at) = self.take(connective.sign()) {
            first_sign.get_or_insert(at);
            parts.push(part(self)?);
        }
        match (first_sign, parts.pop()) {
            (None, Some(only)) => Ok(only),
            (Some(at), Some(last)) => {
                parts.push(last);
                self.make(at, Node::Connective(connective, parts))
            }
            (_, None) => Err(self.fault("expected a term".to_owned())),
        }
    }

    fn relation(&mut self) -> Parsed {
        let left = self.sum()?;
        let at = self.at();
        if self.peek() == &TokenKind::Name("in".to_owned()) {
            self.next += 1;
            if matches!(self.peek(), TokenKind::Name(_)) {
                let set = self.primary()?;
                return self.make(at, Node::Member(Box::new(left), Box::new(set)));
            }
            let list = self.list()?;
            return self.make(at, Node::In(Box::new(left), list));
        }
        let Some(comparison) = COMPARISONS.into_iter().find(|c| self.take(c.sign()).is_some()) else { return Ok(left) };
        let right = self.sum()?;
        if let Some(second) = COMPARISONS.into_iter().find(|c| self.peek() == &TokenKind::Sign(c.sign())) {
            return Err(self.fault(format!(
                "\"{}\" follows another comparison; join the two with &&, as a {} b && b {} c",
                second.sign(),
                comparison.sign(),
                second.sign()
            )));
        }
        self.make(at, Node::Compare(comparison, Box::new(left), Box::new(right)))
    }

    fn list(&mut self) -> Result<Vec<Ast>, LangFault> {
        self.expect("[")?;
        let mut items = vec![self.unary()?];
        while self.take(",").is_some() {
            items.push(self.unary()?);
        }
        self.expect("]")?;
        Ok(items)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let at = self.at();
            let arithmetic = if self.take("+").is_some() {
                Arithmetic::Add
            } else if self.take("-").is_some() {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.make(at, Node::Arithmetic(arithmetic, Box::new(left), Box::new(right)))?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let at = self.at();
            let arithmetic = if self.take("*").is_some() {
                Arithmetic::Multiply
            } else if self.take("/").is_some() {
                Arithmetic::Divide
            } else {
                return Ok(left);
            };
            let right = self.unary()?;
            left = self.make(at, Node::Arithmetic(arithmetic, Box::new(left), Box::new(right)))?;
        }
    }

    fn unary(&mut self) -> Parsed {
        if let Some(at) = self.take("!") {
            let inner = self.deeper(Self::unary)?;
            return self.make(at, Node::Not(Box::new(inner)));
        }
        if let Some(at) = self.take("-") {
            let inner = self.deeper(Self::unary)?;
            return self.make(at, Node::Negative(Box::new(inner)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed {
        let at = self.at();
        if self.take("(").is_some() {
            let inner = self.deeper(Self::expression)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let node = match self.peek().clone() {
            TokenKind::Name(name) => match name.as_str() {
                "true" => Node::Flag(true),
                "false" => Node::Flag(false),
                "and" => return Err(self.fault("expected a term, found \"and\"; write &&".to_owned())),
                "or" => return Err(self.fault("expected a term, found \"or\"; write ||".to_owned())),
                "not" => return Err(self.fault("\"not\" is written !".to_owned())),
                _ => Node::Name(name),
            },
            TokenKind::Double(n) => Node::Double(n),
            TokenKind::Whole(n) => Node::Whole(n),
            TokenKind::Word(word) => Node::Word(word),
            other @ (TokenKind::Sign(_) | TokenKind::End) => {
                return Err(self.fault(format!("expected a field, a number or a word, found {}", other.described())));
            }
        };
        self.next += 1;
        self.make(at, node)
    }
}
